//! The expression language, as far as it is needed for an item that is changed only if it is as expected: conditions of
//! comparisons and of what exists, and updates that set and remove.
//!
//! What the language has beyond that is answered with a 501, as operations are that the local AWS lacks.
//!
//! <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Expressions.html>

use std::cell::RefCell;
use std::cmp::Ordering;
use std::collections::BTreeSet;

use serde_json::{Map, Value};

use super::INVALID;
use crate::service::Fault;

/// An item: attribute values by name.
pub(super) type Item = Map<String, Value>;

/// The placeholders of a request, and which of them were used.
pub(super) struct Placeholders<'a> {
    names: Option<&'a Map<String, Value>>,
    values: Option<&'a Map<String, Value>>,
    used: RefCell<BTreeSet<String>>,
}

impl<'a> Placeholders<'a> {
    pub(super) fn new(
        names: Option<&'a Map<String, Value>>,
        values: Option<&'a Map<String, Value>>,
    ) -> Self {
        Self { names, values, used: RefCell::default() }
    }

    fn name(&self, token: &str) -> Result<String, Fault> {
        if !token.starts_with('#') {
            return Ok(token.to_owned());
        }
        self.used.borrow_mut().insert(token.to_owned());
        let name = self.names.and_then(|names| names.get(token)?.as_str());
        name.map(str::to_owned).ok_or_else(|| {
            invalid(&format!(
                "An expression attribute name used in the document path is not defined; \
                 attribute name: {token}"
            ))
        })
    }

    fn value(&self, token: &str) -> Result<Value, Fault> {
        self.used.borrow_mut().insert(token.to_owned());
        let value = self.values.and_then(|values| values.get(token));
        value.cloned().ok_or_else(|| {
            invalid(&format!(
                "An expression attribute value used in expression is not defined; attribute \
                 value: {token}"
            ))
        })
    }

    /// The service refuses placeholders that no expression uses.
    pub(super) fn check_used(&self) -> Result<(), Fault> {
        let used = self.used.borrow();
        for (kind, given) in [("Names", self.names), ("Values", self.values)] {
            let unused = given.into_iter().flatten().map(|(name, _)| name.as_str());
            let unused: Vec<&str> = unused.filter(|name| !used.contains(*name)).collect();
            if !unused.is_empty() {
                return Err(Fault::client(
                    INVALID,
                    format!(
                        "Value provided in ExpressionAttribute{kind} unused in expressions: keys: \
                         {{{}}}",
                        unused.join(", ")
                    ),
                ));
            }
        }
        Ok(())
    }
}

fn invalid(reason: &str) -> Fault {
    Fault::client(INVALID, format!("Invalid expression: {reason}"))
}

fn lacking(what: &str) -> Fault {
    let message = format!("the local AWS does not implement {what} in expressions");
    Fault::new(501, "NotImplemented", message)
}

/// Words, placeholders and signs.
fn tokens(text: &str) -> Result<Vec<String>, Fault> {
    let mut tokens: Vec<String> = Vec::new();
    let mut rest = text.trim_start();
    while let Some(first) = rest.chars().next() {
        let is_word = |c: char| c.is_ascii_alphanumeric() || "_#:".contains(c);
        let length = match first {
            c if is_word(c) => rest.find(|c| !is_word(c)).unwrap_or(rest.len()),
            '<' if rest.starts_with("<>") || rest.starts_with("<=") => 2,
            '>' if rest.starts_with(">=") => 2,
            '(' | ')' | ',' | '=' | '<' | '>' | '+' | '-' => 1,
            '.' | '[' => return Err(lacking("paths into attributes")),
            c => return Err(invalid(&format!("Syntax error; token: {c}"))),
        };
        tokens.push(rest[..length].to_owned());
        rest = rest[length..].trim_start();
    }
    Ok(tokens)
}

/// Reads an expression against an item.
struct Reader<'a> {
    tokens: Vec<String>,
    at: usize,
    item: Option<&'a Item>,
    placeholders: &'a Placeholders<'a>,
}

/// Whether `item`, or the absence of one, is as `condition` has it.
pub(super) fn holds(
    condition: &str,
    item: Option<&Item>,
    placeholders: &Placeholders<'_>,
) -> Result<bool, Fault> {
    let mut reader = Reader { tokens: tokens(condition)?, at: 0, item, placeholders };
    let holds = reader.either()?;
    reader.end()?;
    Ok(holds)
}

/// The item as an update leaves it.
pub(super) fn update(
    expression: &str,
    item: &Item,
    placeholders: &Placeholders<'_>,
) -> Result<Item, Fault> {
    let mut reader = Reader { tokens: tokens(expression)?, at: 0, item: Some(item), placeholders };
    let mut changed = item.clone();
    while let Some(clause) = reader.next() {
        match clause.to_ascii_uppercase().as_str() {
            "SET" => reader.listed(|reader| {
                let name = reader.path()?;
                reader.expect("=")?;
                let value = reader.operand()?.ok_or_else(|| {
                    invalid("The provided expression refers to an attribute that does not exist in the item")
                })?;
                changed.insert(name, value);
                Ok(())
            })?,
            "REMOVE" => reader.listed(|reader| {
                changed.remove(&reader.path()?);
                Ok(())
            })?,
            "ADD" | "DELETE" => return Err(lacking(&clause)),
            other => return Err(invalid(&format!("Syntax error; token: {other}"))),
        }
    }
    Ok(changed)
}

impl Reader<'_> {
    fn next(&mut self) -> Option<String> {
        let token = self.tokens.get(self.at).cloned();
        self.at += 1;
        token
    }

    fn takes(&mut self, word: &str) -> bool {
        let is_next =
            self.tokens.get(self.at).is_some_and(|token| token.eq_ignore_ascii_case(word));
        self.at += usize::from(is_next);
        is_next
    }

    fn expect(&mut self, sign: &str) -> Result<(), Fault> {
        if self.takes(sign) { Ok(()) } else { Err(self.syntax()) }
    }

    fn syntax(&self) -> Fault {
        let token = self.tokens.get(self.at).map_or("<EOF>", String::as_str);
        invalid(&format!("Syntax error; token: {token}"))
    }

    fn end(&self) -> Result<(), Fault> {
        if self.at == self.tokens.len() { Ok(()) } else { Err(self.syntax()) }
    }

    fn listed(
        &mut self,
        mut each: impl FnMut(&mut Self) -> Result<(), Fault>,
    ) -> Result<(), Fault> {
        each(self)?;
        while self.takes(",") {
            each(self)?;
        }
        Ok(())
    }

    fn either(&mut self) -> Result<bool, Fault> {
        let mut holds = self.both()?;
        while self.takes("OR") {
            // Both sides are read: what is wrong in one is wrong whatever the other says.
            holds |= self.both()?;
        }
        Ok(holds)
    }

    fn both(&mut self) -> Result<bool, Fault> {
        let mut holds = self.one()?;
        while self.takes("AND") {
            holds &= self.one()?;
        }
        Ok(holds)
    }

    fn one(&mut self) -> Result<bool, Fault> {
        if self.takes("NOT") {
            return Ok(!self.one()?);
        }
        if self.takes("(") {
            let holds = self.either()?;
            self.expect(")")?;
            return Ok(holds);
        }
        for (function, expected) in [("attribute_exists", true), ("attribute_not_exists", false)] {
            if self.takes(function) {
                self.expect("(")?;
                let name = self.path()?;
                self.expect(")")?;
                return Ok(self.item.is_some_and(|item| item.contains_key(&name)) == expected);
            }
        }
        let left = self.operand()?;
        let sign = self.next().unwrap_or_default();
        match sign.to_ascii_uppercase().as_str() {
            "=" | "<>" | "<" | "<=" | ">" | ">=" => {}
            "BETWEEN" | "IN" | "(" => return Err(lacking(&sign)),
            _ => {
                self.at -= 1;
                return Err(self.syntax());
            }
        }
        let right = self.operand()?;
        Ok(compares(left.as_ref(), &sign, right.as_ref()))
    }

    fn path(&mut self) -> Result<String, Fault> {
        match self.next() {
            Some(token) if token.starts_with(|c: char| c == '#' || c.is_ascii_alphabetic()) => {
                self.placeholders.name(&token)
            }
            _ => {
                self.at -= 1;
                Err(self.syntax())
            }
        }
    }

    /// A value, or that of an attribute, which may not be there.
    fn operand(&mut self) -> Result<Option<Value>, Fault> {
        if let Some(token) = self.tokens.get(self.at).filter(|token| token.starts_with(':')) {
            let value = self.placeholders.value(token)?;
            self.at += 1;
            return Ok(Some(value));
        }
        let name = self.path()?;
        match self.tokens.get(self.at).map(String::as_str) {
            Some("(") => Err(lacking(&name)),
            Some(sign @ ("+" | "-")) => Err(lacking(sign)),
            _ => Ok(self.item.and_then(|item| item.get(&name)).cloned()),
        }
    }
}

/// Values of different types are different and in no order; numbers are compared as such.
fn compares(left: Option<&Value>, sign: &str, right: Option<&Value>) -> bool {
    let (Some(left), Some(right)) = (left, right) else { return sign == "<>" };
    let text = |value: &Value, kind: &str| value[kind].as_str().map(str::to_owned);
    let number = |value: &Value| text(value, "N")?.parse::<f64>().ok();
    let order = match (number(left), number(right)) {
        (Some(left), Some(right)) => left.partial_cmp(&right),
        _ => match (text(left, "S"), text(right, "S")) {
            (Some(left), Some(right)) => Some(left.cmp(&right)),
            _ => (left == right).then_some(Ordering::Equal),
        },
    };
    match sign {
        "=" => order == Some(Ordering::Equal),
        "<>" => order != Some(Ordering::Equal),
        "<" => order == Some(Ordering::Less),
        "<=" => order.is_some_and(Ordering::is_le),
        ">" => order == Some(Ordering::Greater),
        _ => order.is_some_and(Ordering::is_ge),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn holds_for(item: Option<&Value>, condition: &str) -> Result<bool, String> {
        let names = json!({ "#s": "stage", "#e": "expires_at" });
        let values = json!({ ":a": { "S": "a" }, ":b": { "S": "b" }, ":9": { "N": "9" }, ":10": { "N": "10" } });
        let placeholders = Placeholders::new(names.as_object(), values.as_object());
        let item = item.and_then(Value::as_object);
        holds(condition, item, &placeholders).map_err(|fault| fault.message)
    }

    #[test]
    fn conditions_are_told_by_the_item() {
        let item = json!({ "stage": { "S": "a" }, "expires_at": { "N": "9.5" } });
        for (condition, expected) in [
            ("#s = :a", true),
            ("#s <> :a", false),
            ("#e > :9 AND #e < :10", true),
            ("#e >= :10 OR #s = :a", true),
            ("#e > :9 AND (#s = :b OR #s = :a)", true),
            ("NOT (#s = :a)", false),
            ("attribute_exists(stage) and attribute_not_exists(other)", true),
            ("#s = #e", false),
            ("missing = :a", false),
        ] {
            assert_eq!(holds_for(Some(&item), condition), Ok(expected), "{condition}");
        }
        assert_eq!(holds_for(None, "attribute_not_exists(#s)"), Ok(true));
        assert_eq!(holds_for(None, "#s = :a"), Ok(false));
    }

    #[test]
    fn what_is_no_condition_is_named() {
        for (condition, reason) in [
            ("#x = :a", "#x"),
            ("#s = :x", ":x"),
            ("#s = ", "<EOF>"),
            ("#s = :a )", ")"),
            ("#s BETWEEN :a AND :b", "BETWEEN"),
            ("a.b = :a", "paths"),
            ("#s ! :a", "!"),
        ] {
            let error = holds_for(None, condition).unwrap_err();
            assert!(error.contains(reason), "{condition}: {error}");
        }
    }
}
