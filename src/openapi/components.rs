//! The components that a slice uses, and no others, in an order without circles.
//!
//! A tool's schema is written out in full, so no schema may contain itself. Among components that lead to each other,
//! only references that lead further away from the operations are kept: what is near to a tool stays whole, and where
//! the cut is does not depend on the order of the file.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use serde_json::{Map, Value, json};

use super::canonical::digest_of;
use super::combine::kind;
use super::loss::LossKind;
use super::pointer::Pointer;
use super::reduce::{Reducer, name_of, referred};

/// A component and what it refers to.
struct Node {
    place: Pointer,
    schema: Value,
    to: Vec<usize>,
    /// How many references away from the nearest operation.
    distance: usize,
}

impl Reducer<'_> {
    /// The components behind the references in `roots`, by name. References in `roots` are rewritten to these names.
    pub(super) fn components_of(&mut self, roots: &mut [Value]) -> Map<String, Value> {
        let mut nodes = self.reached(roots);
        let groups = groups(&nodes);
        let names = names(&nodes);
        let cut = |from: usize, to: usize| {
            groups[from] == groups[to] && nodes[to].distance <= nodes[from].distance
        };
        let mut stubs: Vec<BTreeMap<Pointer, Value>> = Vec::with_capacity(nodes.len());
        for (from, node) in nodes.iter().enumerate() {
            let mut stub = BTreeMap::new();
            let circles: BTreeSet<usize> =
                node.to.iter().copied().filter(|to| cut(from, *to)).collect();
            for to in circles {
                let inner = name_of(&nodes[to].place);
                stub.insert(nodes[to].place.clone(), stand_in(&nodes[to].schema, &inner));
                let message = if from == to {
                    "it contains itself: the inner one is not written out".to_owned()
                } else {
                    format!("it is a part of {inner}, which is not written out in it")
                };
                self.lose(LossKind::Schema, &node.place, message);
            }
            stubs.push(stub);
        }
        let nothing = BTreeMap::new();
        for root in roots {
            rewrite(root, &names, &nothing);
        }
        let mut components = Map::new();
        for (node, stub) in nodes.iter_mut().zip(&stubs) {
            rewrite(&mut node.schema, &names, stub);
            components.insert(names[&node.place].clone(), std::mem::take(&mut node.schema));
        }
        components.sort_keys();
        components
    }

    /// Every component that `roots` lead to, the nearest first.
    fn reached(&mut self, roots: &[Value]) -> Vec<Node> {
        let mut index: BTreeMap<Pointer, usize> = BTreeMap::new();
        let mut nodes: Vec<Node> = Vec::new();
        let mut waiting = VecDeque::new();
        let mut found = Vec::new();
        for root in roots {
            references(root, &mut found);
        }
        let mut from = None;
        loop {
            let distance = from.map_or(0, |from: usize| nodes[from].distance + 1);
            for place in found.drain(..) {
                let to = *index.entry(place.clone()).or_insert_with(|| {
                    // One that is only another's name would be a step on the way for nothing.
                    let schema = self.component(&place);
                    let schema = self.resolved(schema);
                    nodes.push(Node { place, schema, to: Vec::new(), distance });
                    waiting.push_back(nodes.len() - 1);
                    nodes.len() - 1
                });
                if let Some(from) = from {
                    nodes[from].to.push(to);
                }
            }
            let Some(next) = waiting.pop_front() else { break };
            references(&nodes[next].schema, &mut found);
            from = Some(next);
        }
        nodes
    }
}

/// Where the references in a reduced document lead.
fn references(value: &Value, found: &mut Vec<Pointer>) {
    match value {
        Value::Object(members) => {
            found.extend(referred(value));
            members.values().for_each(|member| references(member, found));
        }
        Value::Array(list) => list.iter().for_each(|item| references(item, found)),
        _ => {}
    }
}

/// Writes other names into references, and what stands in for those that are cut.
fn rewrite(value: &mut Value, names: &BTreeMap<Pointer, String>, stubs: &BTreeMap<Pointer, Value>) {
    if let Some(place) = referred(value) {
        if let Some(stub) = stubs.get(&place) {
            *value = stub.clone();
            return;
        }
        if let Some(name) = names.get(&place) {
            value["$ref"] = json!(format!("#/components/schemas/{name}"));
        }
    }
    match value {
        Value::Object(members) => {
            members.values_mut().for_each(|member| rewrite(member, names, stubs));
        }
        Value::Array(list) => list.iter_mut().for_each(|item| rewrite(item, names, stubs)),
        _ => {}
    }
}

fn stand_in(schema: &Value, name: &str) -> Value {
    let kind = schema.as_object().and_then(kind).unwrap_or("object");
    let mut stub = json!({ "type": kind, "description": format!("Another {name}.") });
    if kind == "array" {
        stub["items"] = json!({});
    }
    stub
}

/// Each component's name: its own, or, for a schema that stands elsewhere, one with a digest of its place.
fn names(nodes: &[Node]) -> BTreeMap<Pointer, String> {
    let suits = |letter: char| letter.is_ascii_alphanumeric() || "._-".contains(letter);
    nodes
        .iter()
        .map(|node| {
            let own = node.place.as_str().strip_prefix("/components/schemas/");
            let name = match own {
                Some(name) if !name.is_empty() && name.chars().all(suits) => name.to_owned(),
                _ => {
                    let digest = digest_of(node.place.as_str());
                    let digest = &digest[..12];
                    format!("{}_{digest}", name_of(&node.place).replace(|c| !suits(c), "_"))
                }
            };
            (node.place.clone(), name)
        })
        .collect()
}

/// For each node the number of its group: two are in one if each leads to the other. Tarjan's algorithm, with a stack
/// of its own, as a description may have chains of any length.
fn groups(nodes: &[Node]) -> Vec<usize> {
    const UNSEEN: usize = usize::MAX;
    let mut order = vec![UNSEEN; nodes.len()];
    let mut low = vec![0; nodes.len()];
    let mut group = vec![UNSEEN; nodes.len()];
    let (mut seen, mut made) = (0, 0);
    let mut members: Vec<usize> = Vec::new();
    for start in 0..nodes.len() {
        if order[start] != UNSEEN {
            continue;
        }
        let mut path = vec![(start, 0)];
        while let Some((node, edge)) = path.pop() {
            if edge == 0 {
                order[node] = seen;
                low[node] = seen;
                seen += 1;
                members.push(node);
            }
            if let Some(&to) = nodes[node].to.get(edge) {
                path.push((node, edge + 1));
                if order[to] == UNSEEN {
                    path.push((to, 0));
                } else if group[to] == UNSEEN {
                    low[node] = low[node].min(order[to]);
                }
                continue;
            }
            if low[node] == order[node] {
                while let Some(member) = members.pop() {
                    group[member] = made;
                    if member == node {
                        break;
                    }
                }
                made += 1;
            }
            if let Some(&(parent, _)) = path.last() {
                low[parent] = low[parent].min(low[node]);
            }
        }
    }
    group
}
