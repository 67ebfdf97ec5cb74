//! The graph of a stack as a drawing: Mermaid for GitHub, DOT for Graphviz. Arrows go the way the work goes.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use construct_engine::{Address, Graph};

use crate::report::kind_words;

/// The graph in Mermaid.
pub fn mermaid<C: Send + Sync + 'static>(graph: &Graph<C>) -> String {
    mermaid_of(graph.outline())
}

/// The graph in DOT.
pub fn dot<C: Send + Sync + 'static>(graph: &Graph<C>) -> String {
    dot_of(graph.outline())
}

fn mermaid_of<'a>(
    nodes: impl Iterator<Item = (&'a Address, &'static str, Vec<&'a Address>)>,
) -> String {
    let mut text = String::from("flowchart LR\n");
    let mut edges = String::new();
    // Addresses hold characters that Mermaid gives a meaning, so nodes go by number.
    let mut numbers: BTreeMap<&Address, usize> = BTreeMap::new();
    for (number, (address, kind, after)) in nodes.enumerate() {
        numbers.insert(address, number);
        writeln!(text, "  n{number}[\"{address}<br/>{}\"]", kind_words(kind))
            .expect("a String takes all text");
        for before in after {
            // The outline has parents first.
            let before = numbers.get(before).expect("a node comes after those it needs");
            writeln!(edges, "  n{before} --> n{number}").expect("a String takes all text");
        }
    }
    text + &edges
}

fn dot_of<'a>(
    nodes: impl Iterator<Item = (&'a Address, &'static str, Vec<&'a Address>)>,
) -> String {
    let mut text = String::from("digraph construct {\n  rankdir=LR;\n  node [shape=box];\n");
    let mut edges = String::new();
    for (address, kind, after) in nodes {
        writeln!(text, "  \"{address}\" [label=\"{address}\\n{}\"];", kind_words(kind))
            .expect("a String takes all text");
        for before in after {
            writeln!(edges, "  \"{before}\" -> \"{address}\";").expect("a String takes all text");
        }
    }
    text + &edges + "}\n"
}

#[cfg(test)]
mod tests {
    use super::*;

    fn nodes() -> [(Address, &'static str, Vec<Address>); 2] {
        let role = Address::new("role/gateway").unwrap();
        let gateway = Address::new("gateway").unwrap();
        [(role.clone(), "iam.role", vec![]), (gateway, "agentcore.gateway", vec![role])]
    }

    #[test]
    fn mermaid_goes_by_numbers() {
        let nodes = nodes();
        let text = mermaid_of(
            nodes.iter().map(|(address, kind, after)| (address, *kind, after.iter().collect())),
        );
        assert_eq!(
            text,
            "flowchart LR\n  n0[\"role/gateway<br/>IAM role\"]\n  n1[\"gateway<br/>AgentCore gateway\"]\n  n0 --> n1\n"
        );
    }

    #[test]
    fn dot_goes_by_names() {
        let nodes = nodes();
        let text = dot_of(
            nodes.iter().map(|(address, kind, after)| (address, *kind, after.iter().collect())),
        );
        assert_eq!(
            text,
            "digraph construct {\n  rankdir=LR;\n  node [shape=box];\n  \
             \"role/gateway\" [label=\"role/gateway\\nIAM role\"];\n  \
             \"gateway\" [label=\"gateway\\nAgentCore gateway\"];\n  \"role/gateway\" -> \"gateway\";\n}\n"
        );
    }
}
