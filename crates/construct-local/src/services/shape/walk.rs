//! A request walked along its table.

use std::fmt::Display;
use std::ops::RangeInclusive;

use serde_json::{Map, Value};

use super::{ANY, MAX, Member, Place, Problem, Shape};
use crate::validate::matches;

/// What is wrong with the members of `input`.
pub(super) fn walked(input: &Map<String, Value>, members: &[Member]) -> Vec<Problem> {
    let mut walk = Walk { path: Vec::new(), found: Vec::new() };
    walk.members(input, members, false);
    walk.found
}

/// The part of `input` that the members know: unknown members and nulls are dropped, numbers out of the query string are
/// numbers.
pub(super) fn known(input: &Map<String, Value>, members: &[Member]) -> Map<String, Value> {
    let given = |(name, _, shape): &Member| {
        let value = input.get(*name).filter(|value| !value.is_null())?;
        Some(((*name).to_owned(), part(value, shape)))
    };
    members.iter().filter_map(given).collect()
}

fn part(value: &Value, shape: &Shape) -> Value {
    match (shape, value) {
        (Shape::Record(members) | Shape::Union(members), Value::Object(given)) => {
            Value::Object(known(given, members))
        }
        (Shape::List(of, ..), Value::Array(items)) => {
            items.iter().map(|item| part(item, of)).collect()
        }
        (Shape::Map(_, of, ..), Value::Object(entries)) => {
            let entries = entries.iter().filter(|(_, value)| !value.is_null());
            Value::Object(entries.map(|(key, value)| (key.clone(), part(value, of))).collect())
        }
        (Shape::QueryInteger(..), Value::String(text)) => {
            text.parse().map_or_else(|_not_a_number| value.clone(), |number: i64| number.into())
        }
        _ => value.clone(),
    }
}

/// Where one is, and what was found so far.
struct Walk {
    path: Vec<Place>,
    found: Vec<Problem>,
}

impl Walk {
    fn members(&mut self, given: &Map<String, Value>, members: &[Member], closed: bool) {
        for (name, required, shape) in members {
            let at = Place::Member((*name).to_owned());
            match given.get(*name) {
                // A null is how some clients spell "not set".
                None | Some(Value::Null) if *required => self.at(at, Self::missing),
                None | Some(Value::Null) => {}
                Some(value) => self.at(at, |walk| walk.value(value, shape)),
            }
        }
        if closed {
            for (name, value) in given {
                if members.iter().all(|member| member.0 != name) {
                    self.at(Place::Member(name.clone()), |walk| {
                        walk.limit(value, "Member is not supported");
                    });
                }
            }
        }
    }

    fn value(&mut self, value: &Value, shape: &Shape) {
        match shape {
            Shape::Text(least, most, pattern) => match value.as_str() {
                Some(text) => self.text(text, *least..=*most, pattern),
                None => self.wrong_type(value, "Member must be a string"),
            },
            Shape::Pattern(pattern) => self.value(value, &Shape::Text(0, MAX, pattern)),
            Shape::Enum(values) => match value.as_str() {
                Some(text) if values.contains(&text) => {}
                Some(_) => {
                    let values = values.join(", ");
                    self.limit(value, format!("Member must satisfy enum value set: [{values}]"));
                }
                None => self.wrong_type(value, "Member must be a string"),
            },
            Shape::Integer(least, most) => self.integer(value, value.as_i64(), *least..=*most),
            Shape::QueryInteger(least, most) => {
                let number = value.as_i64().or_else(|| value.as_str()?.parse().ok());
                self.integer(value, number, *least..=*most);
            }
            Shape::Number(least, most) => match value.as_f64() {
                Some(number) => self.bounds(value, &number, *least..=*most),
                None => self.wrong_type(value, "Member must be a number"),
            },
            Shape::Flag if value.is_boolean() => {}
            Shape::Flag => self.wrong_type(value, "Member must be true or false"),
            Shape::QueryList(of, ..) if value.is_string() => self.value(value, of),
            Shape::List(of, least, most) | Shape::QueryList(of, least, most) => {
                let Some(items) = value.as_array() else {
                    return self.wrong_type(value, "Member must be a list");
                };
                self.length(&format!("{} items", items.len()), items.len(), *least..=*most);
                for (index, item) in items.iter().enumerate() {
                    self.at(Place::Item(index), |walk| walk.value(item, of));
                }
            }
            Shape::Map(key, of, least, most) => {
                let Some(entries) = value.as_object() else {
                    return self.wrong_type(value, "Member must be a map");
                };
                self.length(&format!("{} entries", entries.len()), entries.len(), *least..=*most);
                for (name, value) in entries.iter().filter(|(_, value)| !value.is_null()) {
                    self.at(Place::Key, |walk| walk.value(&Value::from(name.as_str()), key));
                    self.at(Place::Member(name.clone()), |walk| walk.value(value, of));
                }
            }
            Shape::Record(members) | Shape::Closed(members) | Shape::Union(members) => {
                self.structure(value, members, shape);
            }
            Shape::Document => {}
        }
    }

    fn structure(&mut self, value: &Value, members: &[Member], shape: &Shape) {
        let Some(given) = value.as_object() else {
            return self.wrong_type(value, "Member must be a structure");
        };
        let set = given.values().filter(|value| !value.is_null()).count();
        if matches!(shape, Shape::Union(_)) && set != 1 {
            self.limit(value, format!("Member must have exactly one union member, not {set}"));
        } else {
            self.members(given, members, !matches!(shape, Shape::Record(_)));
        }
    }

    fn text(&mut self, text: &str, lengths: RangeInclusive<usize>, pattern: &str) {
        self.length(text, text.chars().count(), lengths);
        if pattern != ANY && !matches(pattern, text) {
            let rule = format!("Member must satisfy regular expression pattern: {pattern}");
            self.found(Some(text.to_owned()), rule, false);
        }
    }

    fn integer(&mut self, value: &Value, number: Option<i64>, bounds: RangeInclusive<i64>) {
        match number {
            Some(number) => self.bounds(value, &number, bounds),
            None => self.wrong_type(value, "Member must be an integer"),
        }
    }

    fn bounds<N: PartialOrd + Display>(
        &mut self,
        value: &Value,
        number: &N,
        bounds: RangeInclusive<N>,
    ) {
        let (least, most) = bounds.into_inner();
        if *number < least {
            self.limit(value, format!("Member must have value greater than or equal to {least}"));
        } else if *number > most {
            self.limit(value, format!("Member must have value less than or equal to {most}"));
        }
    }

    fn length(&mut self, shown: &str, length: usize, lengths: RangeInclusive<usize>) {
        let (least, most) = lengths.into_inner();
        let rule = if length < least {
            format!("Member must have length greater than or equal to {least}")
        } else if length > most {
            format!("Member must have length less than or equal to {most}")
        } else {
            return;
        };
        self.found(Some(shown.to_owned()), rule, false);
    }

    fn missing(&mut self) {
        self.found(None, "Member must not be null".to_owned(), false);
    }

    fn limit(&mut self, value: &Value, constraint: impl Into<String>) {
        self.found(Some(spelled(value)), constraint.into(), false);
    }

    fn wrong_type(&mut self, value: &Value, constraint: &str) {
        self.found(Some(spelled(value)), constraint.to_owned(), true);
    }

    fn found(&mut self, value: Option<String>, constraint: String, wrong_type: bool) {
        self.found.push(Problem { path: self.path.clone(), value, constraint, wrong_type });
    }

    fn at(&mut self, place: Place, look: impl FnOnce(&mut Self)) {
        self.path.push(place);
        look(self);
        self.path.pop();
    }
}

fn spelled(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}
