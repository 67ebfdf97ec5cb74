//! The reader: walks the document beside its description and collects every problem.
//!
//! Where a value is refused the reader goes on with a stand-in of the right type, so that a file
//! with ten mistakes yields ten problems and the checks over several tables still run. Problems
//! about a stand-in are dropped by [`super::problem::Problems::merge`].

use super::nearest::nearest;
use super::problem::{Position, Problem, Problems};
use super::rules::{CountRule, IntegerRule, Rule, TextRule};
use super::shape::{Default, Key, Kind, Presence, Shape};
use std::collections::BTreeMap;
use toml::de::{DeTable, DeValue};
use toml::{Spanned, Value};

/// What the reader made of a document.
pub(super) struct Reading {
    /// Every key of the description, with defaults filled in.
    pub(super) table: toml::Table,
    /// Where each key that is written stands.
    pub(super) positions: BTreeMap<String, Position>,
    /// What was wrong.
    pub(super) problems: Problems,
}

/// Reads `text` against `shape`; `file` is what problems call it.
pub(super) fn read(text: &str, file: &str, shape: &'static Shape) -> Reading {
    let mut reader =
        Reader { text, file, positions: BTreeMap::new(), problems: Problems::default() };
    let (document, syntax) = DeTable::parse_recoverable(text);
    let table = if !syntax.is_empty() {
        for error in syntax {
            let offset = error.span().map_or(text.len(), |span| span.start);
            // The parser's message describes the syntax and never quotes the file.
            let message = format!("not TOML: {}", error.message());
            reader.report_at(Position::of(text, offset), "", message, None);
        }
        stand_in_table(shape)
    } else if document.get_ref().is_empty() {
        let help = "run `construct init`, or start with [stack] name and region";
        reader.report_at(Position::START, "", "the manifest is empty", Some(help.to_owned()));
        stand_in_table(shape)
    } else {
        reader.table("", Position::START, document.get_ref(), shape)
    };
    Reading { table, positions: reader.positions, problems: reader.problems }
}

/// Appends a key to a path, quoted where a bare key could not stand.
pub(super) fn join(path: &str, key: &str) -> String {
    let bare = !key.is_empty()
        && key.chars().all(|letter| letter.is_ascii_alphanumeric() || "-_".contains(letter));
    let dot = if path.is_empty() { "" } else { "." };
    if bare { format!("{path}{dot}{key}") } else { format!("{path}{dot}{key:?}") }
}

/// Stands for a refused text. It has the one form that a type insists on: a Secrets Manager key.
const STAND_IN_TEXT: &str = "-#-";

struct Reader<'a> {
    text: &'a str,
    file: &'a str,
    positions: BTreeMap<String, Position>,
    problems: Problems,
}

impl Reader<'_> {
    fn report_at(
        &mut self,
        at: Position,
        path: &str,
        message: impl Into<String>,
        help: Option<String>,
    ) {
        self.problems.push(Problem {
            file: self.file.to_owned(),
            line: at.line,
            column: at.column,
            path: path.to_owned(),
            message: message.into(),
            help,
            rule: None,
        });
    }

    fn report(&mut self, path: &str, message: String, help: String, rule: Option<&'static Rule>) {
        let at = self.positions.get(path).copied().unwrap_or(Position::START);
        let file = self.file.to_owned();
        let Position { line, column } = at;
        let (path, help) = (path.to_owned(), Some(help));
        self.problems.push(Problem { file, line, column, path, message, help, rule });
    }

    /// Remembers where `path` stands: a table at its key, anything else at its value.
    fn place(&mut self, path: &str, key: usize, value: &Spanned<DeValue<'_>>) {
        let offset = match value.get_ref() {
            DeValue::Table(_) => key,
            _ => value.span().start,
        };
        self.positions.insert(path.to_owned(), Position::of(self.text, offset));
    }

    fn table(
        &mut self,
        path: &str,
        at: Position,
        table: &DeTable<'_>,
        shape: &'static Shape,
    ) -> toml::Table {
        for (key, value) in table {
            let name = key.get_ref().as_ref();
            if !shape.keys.iter().any(|known| known.name == name) {
                let path = join(path, name);
                self.place(&path, key.span().start, value);
                self.unknown(&path, Position::of(self.text, key.span().start), name, shape);
            }
        }
        let mut read = toml::Table::new();
        for key in shape.keys {
            let path = join(path, key.name);
            let written = table.iter().find(|(name, _)| name.get_ref() == key.name);
            let value = match written {
                _ if !key.with.is_empty() && !has_any(table, key.with) => {
                    // Without any alternative, that is the one problem to tell.
                    if let Some((name, value)) =
                        written.filter(|_| has_any(table, shape.exactly_one))
                    {
                        self.place(&path, name.span().start, value);
                        self.out_of_place(&path, key);
                    }
                    left_out(key)
                }
                Some((name, value)) => {
                    self.place(&path, name.span().start, value);
                    Some(self.value(&path, value.get_ref(), &key.kind))
                }
                None => self.absent(&path, at, key),
            };
            if let Some(value) = value {
                read.insert(key.name.to_owned(), value);
            }
        }
        self.exactly_one(path, at, &mut read, shape);
        read
    }

    fn unknown(&mut self, path: &str, at: Position, name: &str, shape: &Shape) {
        let known: Vec<&str> = shape.keys.iter().map(|key| key.name).collect();
        let help = match nearest(name, &known) {
            Some(meant) => format!("did you mean `{meant}`?"),
            None => format!("known here: {}", known.join(", ")),
        };
        self.report_at(at, path, format!("unknown key `{name}`"), Some(help));
    }

    fn absent(&mut self, path: &str, at: Position, key: &'static Key) -> Option<Value> {
        match &key.presence {
            Presence::Required => {
                let message = format!("`{}` is missing", key.name);
                let help = format!("add {}. {}", example(key), key.doc);
                self.report_at(at, path, message, Some(help));
                Some(stand_in(&key.kind))
            }
            Presence::Optional => None,
            Presence::Or(default) => Some(default_value(default, &key.kind)),
        }
    }

    fn out_of_place(&mut self, path: &str, key: &Key) {
        let others = key.with.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>();
        let message = format!("`{}` goes with {}", key.name, others.join(" or "));
        self.report(path, message, "remove it".to_owned(), None);
    }

    /// Keeps one of the alternatives, whatever was written, so that the types always hold.
    fn exactly_one(&mut self, path: &str, at: Position, read: &mut toml::Table, shape: &Shape) {
        let Some(first) = shape.exactly_one.first() else { return };
        let alternatives = shape.exactly_one;
        let written: Vec<&str> =
            alternatives.iter().copied().filter(|name| read.contains_key(*name)).collect();
        let all =
            alternatives.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
        let help = format!("write exactly one of {all}");
        match written.as_slice() {
            [_] => {}
            [] => {
                // Under the first alternative, where the stand-in is: the rest of the table counts.
                let path = join(path, first);
                self.report_at(at, &path, format!("none of {all} is written"), Some(help));
                let kind = shape.keys.iter().find(|key| key.name == *first).map(|key| &key.kind);
                if let Some(kind) = kind {
                    read.insert((*first).to_owned(), stand_in(kind));
                }
                for key in shape.keys.iter().filter(|key| key.with.contains(first)) {
                    if let Some(value) = stand_in_key(key, shape) {
                        read.insert(key.name.to_owned(), value);
                    }
                }
            }
            [kept, rest @ ..] => {
                for name in rest {
                    let message = format!("`{kept}` and `{name}` exclude each other");
                    self.report(&join(path, name), message, help.clone(), None);
                    read.remove(*name);
                }
            }
        }
    }

    fn value(&mut self, path: &str, value: &DeValue<'_>, kind: &'static Kind) -> Value {
        match (kind, value) {
            (
                Kind::Text(rule) | Kind::TextOr(rule, _) | Kind::TrueOrText(rule),
                DeValue::String(text),
            ) => {
                let fits = self.text(path, text, rule);
                Value::String(if fits { text.to_string() } else { STAND_IN_TEXT.to_owned() })
            }
            (Kind::TrueOrText(_), DeValue::Boolean(true)) => Value::Boolean(true),
            (Kind::Boolean, DeValue::Boolean(value)) => Value::Boolean(*value),
            (Kind::Integer(rule), DeValue::Integer(written)) => self.integer(path, written, rule),
            (Kind::Choice(choices) | Kind::ChoiceOr(choices, _), DeValue::String(text)) => {
                self.choice(path, text, choices)
            }
            (Kind::List(item, count), DeValue::Array(items)) => {
                self.count(path, items.len(), "entries", count);
                let read = items.iter().enumerate().map(|(index, value)| {
                    let path = format!("{path}[{index}]");
                    self.place(&path, value.span().start, value);
                    self.value(&path, value.get_ref(), item)
                });
                Value::Array(read.collect())
            }
            (Kind::Named(name, item, count), DeValue::Table(table)) => {
                self.named(path, table, (name, item, count))
            }
            (Kind::Json, DeValue::Table(_)) => self.json(path, value),
            (
                Kind::Table(shape) | Kind::TextOr(_, shape) | Kind::ChoiceOr(_, shape),
                DeValue::Table(table),
            ) => {
                let at = self.positions.get(path).copied().unwrap_or(Position::START);
                Value::Table(self.table(path, at, table, shape))
            }
            (Kind::Table(Shape { instead_of_text: Some(help), .. }), DeValue::String(_)) => {
                let message = "a secret does not belong in the manifest".to_owned();
                self.report(path, message, (*help).to_owned(), None);
                stand_in(kind)
            }
            (_, other) => {
                let found = other.type_str();
                let message = format!("expected {}, found {}", kind.expected(), article(found));
                let help = format!("write {}", kind_example(kind));
                self.report(path, message, help, None);
                stand_in(kind)
            }
        }
    }

    /// Whether `text` keeps the rule; reports it where not.
    fn text(&mut self, path: &str, text: &str, rule: &'static TextRule) -> bool {
        let length = text.chars().count();
        let message = if length < rule.minimum {
            match length {
                0 => format!("{} cannot be empty", rule.what),
                _ => format!("{} has at least {} characters", rule.what, rule.minimum),
            }
        } else if length > rule.maximum {
            let maximum = rule.maximum;
            format!("{} has at most {maximum} characters, this one has {length}", rule.what)
        } else if !(rule.accepts)(text) {
            format!("not {}", rule.what)
        } else {
            return true;
        };
        self.report(path, message, rule.form.to_owned(), Some(&rule.rule));
        false
    }

    fn integer(
        &mut self,
        path: &str,
        written: &toml::de::DeInteger<'_>,
        rule: &'static IntegerRule,
    ) -> Value {
        let digits = written.as_str().replace('_', "");
        let value = i64::from_str_radix(&digits, written.radix()).ok();
        let fits = value.filter(|value| {
            (rule.minimum..=rule.maximum).contains(value)
                && (rule.only.is_empty() || rule.only.contains(value))
        });
        if let Some(value) = fits {
            return Value::Integer(value);
        }
        let help = if rule.only.is_empty() {
            format!("use {} to {} {}", rule.minimum, rule.maximum, rule.unit)
        } else {
            let all: Vec<String> = rule.only.iter().map(ToString::to_string).collect();
            format!("use one of {} {}", all.join(", "), rule.unit)
        };
        let unit = rule.unit;
        self.report(path, format!("{written} {unit} is not possible"), help, Some(&rule.rule));
        Value::Integer(rule.minimum)
    }

    fn choice(&mut self, path: &str, text: &str, choices: &'static [&'static str]) -> Value {
        if choices.contains(&text) {
            return Value::String(text.to_owned());
        }
        let all = choices.iter().map(|one| format!("{one:?}")).collect::<Vec<_>>().join(", ");
        let help = match nearest(text, choices) {
            Some(meant) => format!("did you mean {meant:?}? Possible: {all}"),
            None => format!("possible: {all}"),
        };
        self.report(path, format!("{text:?} is not possible here"), help, None);
        Value::String(choices[0].to_owned())
    }

    fn named(
        &mut self,
        path: &str,
        table: &DeTable<'_>,
        (name_rule, item, count): (&'static TextRule, &'static Kind, &'static CountRule),
    ) -> Value {
        self.count(path, table.len(), "entries", count);
        let mut read = toml::Table::new();
        for (name, value) in table {
            let key = name.get_ref().as_ref();
            let path = join(path, key);
            // A bad name is reported where the name stands, the value's problems where it stands.
            self.positions.insert(path.clone(), Position::of(self.text, name.span().start));
            self.text(&path, key, name_rule);
            self.place(&path, name.span().start, value);
            let value = self.value(&path, value.get_ref(), item);
            read.insert(key.to_owned(), value);
        }
        Value::Table(read)
    }

    /// Free content, as it is written; what JSON cannot say is refused.
    fn json(&mut self, path: &str, value: &DeValue<'_>) -> Value {
        match value {
            DeValue::String(text) => Value::String(text.to_string()),
            DeValue::Boolean(value) => Value::Boolean(*value),
            DeValue::Array(items) => {
                Value::Array(items.iter().map(|one| self.json(path, one.get_ref())).collect())
            }
            DeValue::Table(table) => {
                let entries = table.iter().map(|(name, value)| {
                    let path = join(path, name.get_ref());
                    self.place(&path, name.span().start, value);
                    (name.get_ref().to_string(), self.json(&path, value.get_ref()))
                });
                Value::Table(entries.collect())
            }
            DeValue::Integer(written) => {
                let digits = written.as_str().replace('_', "");
                i64::from_str_radix(&digits, written.radix()).map_or_else(
                    |_| self.not_json(path, "a number of more than 64 bits"),
                    Value::Integer,
                )
            }
            DeValue::Float(written) => {
                let number = written.as_str().replace('_', "").parse::<f64>().ok();
                match number.filter(|number| number.is_finite()) {
                    Some(number) => Value::Float(number),
                    None => self.not_json(path, "a number that is infinite or none"),
                }
            }
            DeValue::Datetime(_) => self.not_json(path, "a date or a time"),
        }
    }

    fn not_json(&mut self, path: &str, what: &str) -> Value {
        let help = "write it as a text in quotes, if a text is meant".to_owned();
        self.report(path, format!("JSON cannot say {what}"), help, None);
        Value::String(String::new())
    }

    fn count(&mut self, path: &str, found: usize, what: &str, rule: &'static CountRule) {
        if !(rule.minimum..=rule.maximum).contains(&found) {
            let help = format!("keep to {} to {} {what}", rule.minimum, rule.maximum);
            self.report(path, format!("{found} {what} are not possible"), help, Some(&rule.rule));
        }
    }
}

fn has_any(table: &DeTable<'_>, names: &[&str]) -> bool {
    table.keys().any(|key| names.contains(&key.get_ref().as_ref()))
}

/// A value of the right type for a key whose own value was refused or is missing.
fn stand_in(kind: &'static Kind) -> Value {
    match kind {
        Kind::Text(_) | Kind::TextOr(..) => Value::String(STAND_IN_TEXT.to_owned()),
        Kind::Integer(rule) => Value::Integer(rule.minimum),
        Kind::Choice(choices) | Kind::ChoiceOr(choices, _) => Value::String(choices[0].to_owned()),
        Kind::Boolean => Value::Boolean(false),
        Kind::TrueOrText(_) => Value::Boolean(true),
        Kind::List(..) => Value::Array(Vec::new()),
        Kind::Named(..) | Kind::Json => Value::Table(toml::Table::new()),
        Kind::Table(shape) => Value::Table(stand_in_table(shape)),
    }
}

fn stand_in_table(shape: &'static Shape) -> toml::Table {
    let keys = shape.keys.iter().filter_map(|key| {
        let alone = key.with.is_empty()
            || shape.exactly_one.first().is_some_and(|first| key.with.contains(first));
        let value = if alone { stand_in_key(key, shape) } else { left_out(key) };
        Some((key.name.to_owned(), value?))
    });
    keys.collect()
}

fn stand_in_key(key: &'static Key, shape: &Shape) -> Option<Value> {
    match &key.presence {
        Presence::Required => Some(stand_in(&key.kind)),
        Presence::Or(default) => Some(default_value(default, &key.kind)),
        Presence::Optional if shape.exactly_one.first() == Some(&key.name) => {
            Some(stand_in(&key.kind))
        }
        Presence::Optional => None,
    }
}

/// What stands for a key that goes with another alternative than the one that is written.
fn left_out(key: &'static Key) -> Option<Value> {
    match &key.presence {
        Presence::Or(default) => Some(default_value(default, &key.kind)),
        Presence::Required | Presence::Optional => None,
    }
}

/// The value that an absent key stands for.
pub(super) fn default_value(default: &Default, kind: &'static Kind) -> Value {
    match default {
        Default::Integer(value) => Value::Integer(*value),
        Default::Text(text) => Value::String((*text).to_owned()),
        Default::Boolean(value) => Value::Boolean(*value),
        Default::List(items) => {
            Value::Array(items.iter().map(|item| Value::String((*item).to_owned())).collect())
        }
        // A table with only defaults and optional keys needs no stand-ins; a test sees to it.
        Default::Table => stand_in(kind),
    }
}

fn example(key: &Key) -> String {
    match &key.kind {
        Kind::Table(Shape { instead_of_text: None, .. }) | Kind::Named(..) => {
            format!("a table [{}]", key.name)
        }
        kind => format!("`{} = {}`", key.name, kind_example(kind)),
    }
}

fn kind_example(kind: &Kind) -> String {
    match kind {
        Kind::Text(_) => "\"…\"".to_owned(),
        Kind::Choice(choices) | Kind::ChoiceOr(choices, _) => format!("{:?}", choices[0]),
        Kind::Json => "{ … }".to_owned(),
        Kind::TextOr(_, shape) | Kind::Table(shape) => match shape.keys.first() {
            Some(key) => format!("{{ {} = {} }}", key.name, kind_example(&key.kind)),
            None => "{ }".to_owned(),
        },
        Kind::Integer(rule) => rule.only.first().unwrap_or(&rule.minimum).to_string(),
        Kind::Boolean | Kind::TrueOrText(_) => "true".to_owned(),
        Kind::List(item, _) => format!("[{}]", kind_example(item)),
        Kind::Named(_, item, _) => format!("{{ NAME = {} }}", kind_example(item)),
    }
}

fn article(type_name: &str) -> String {
    let vowel = type_name.starts_with(['a', 'e', 'i', 'o', 'u']);
    format!("{} {type_name}", if vowel { "an" } else { "a" })
}
