//! Documents, statements, and what a statement may say.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::str::FromStr;

/// Characters of all inline policies of one role together, white space not counted.
///
/// IAM user guide, "IAM and AWS STS quotas".
pub const INLINE_LIMIT: usize = 10_240;

/// Characters of one managed policy, white space not counted (same source).
pub const MANAGED_LIMIT: usize = 6_144;

/// The only version of the policy language that is written.
const VERSION: &str = "2012-10-17";

/// Why a statement is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PolicyError {
    /// An action that allows every operation, or is not `service:Operation`.
    #[error("`{0}` is not an action of one service by name")]
    Action(String),
    /// A statement id with other characters than letters and digits.
    #[error("`{0}` is not a statement id: letters and digits only")]
    Sid(String),
    /// A statement without an action.
    #[error("statement `{0}` has no action")]
    NoAction(String),
    /// A statement with neither a resource nor a principal.
    #[error("statement `{0}` has neither a resource nor a principal")]
    NoResource(String),
}

/// An operation of a service, `service:Operation`; a prefix such as `logs:Describe*` is possible,
/// `*` and `service:*` are not.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Action(String);

impl Action {
    /// The action as it is written in a document.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Action {
    type Err = PolicyError;

    fn from_str(text: &str) -> Result<Self, PolicyError> {
        let refused = || PolicyError::Action(text.to_owned());
        let (service, operation) = text.split_once(':').ok_or_else(refused)?;
        let is_service = !service.is_empty()
            && service.chars().all(|letter| {
                letter.is_ascii_lowercase() || letter.is_ascii_digit() || letter == '-'
            });
        // One letter at least before a wildcard: `iam:*` is every operation, and so is `iam:?*`.
        let is_operation = operation.starts_with(|first: char| first.is_ascii_uppercase())
            && operation.chars().all(|letter| letter.is_ascii_alphanumeric() || letter == '*');
        if is_service && is_operation { Ok(Self(text.to_owned())) } else { Err(refused()) }
    }
}

impl TryFrom<String> for Action {
    type Error = PolicyError;

    fn try_from(text: String) -> Result<Self, PolicyError> {
        text.parse()
    }
}

impl From<Action> for String {
    fn from(action: Action) -> Self {
        action.0
    }
}

impl fmt::Display for Action {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

/// Whether a statement allows or denies.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Effect {
    /// Allows.
    Allow,
    /// Denies, whatever else allows.
    Deny,
}

/// Who a statement of a trust or resource policy is about.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Principal {
    /// An AWS service, such as `lambda.amazonaws.com`.
    Service(String),
    /// An account, role or user, by ARN or account number.
    Aws(String),
}

/// Operator, condition key, values: `StringEquals`, `aws:SourceAccount`, one account.
pub type Condition = BTreeMap<String, BTreeMap<String, BTreeSet<String>>>;

/// One statement of a document.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Statement {
    sid: String,
    effect: Effect,
    principals: BTreeSet<Principal>,
    actions: BTreeSet<Action>,
    resources: BTreeSet<String>,
    condition: Condition,
}

impl Statement {
    /// Allows `actions` on `resources`: a statement of a role's own policy.
    ///
    /// `sid` is letters and digits. Fails for an action that is not one by name, and for an empty
    /// list of either kind.
    pub fn allow<A, R>(sid: &str, actions: A, resources: R) -> Result<Self, PolicyError>
    where
        A: IntoIterator<Item: AsRef<str>>,
        R: IntoIterator<Item: Into<String>>,
    {
        let mut statement = Self::bare(sid, actions)?;
        statement.resources = resources.into_iter().map(Into::into).collect();
        if statement.resources.is_empty() {
            return Err(PolicyError::NoResource(sid.to_owned()));
        }
        Ok(statement)
    }

    /// Lets `principal` do `actions`: a statement of a trust policy.
    pub fn trust<A>(sid: &str, principal: Principal, actions: A) -> Result<Self, PolicyError>
    where
        A: IntoIterator<Item: AsRef<str>>,
    {
        let mut statement = Self::bare(sid, actions)?;
        statement.principals.insert(principal);
        Ok(statement)
    }

    fn bare<A>(sid: &str, actions: A) -> Result<Self, PolicyError>
    where
        A: IntoIterator<Item: AsRef<str>>,
    {
        if sid.is_empty() || !sid.chars().all(|letter| letter.is_ascii_alphanumeric()) {
            return Err(PolicyError::Sid(sid.to_owned()));
        }
        let actions: BTreeSet<Action> =
            actions.into_iter().map(|action| action.as_ref().parse()).collect::<Result<_, _>>()?;
        if actions.is_empty() {
            return Err(PolicyError::NoAction(sid.to_owned()));
        }
        Ok(Self {
            sid: sid.to_owned(),
            effect: Effect::Allow,
            principals: BTreeSet::new(),
            actions,
            resources: BTreeSet::new(),
            condition: Condition::new(),
        })
    }

    /// Turns the statement into a denial.
    #[must_use]
    pub fn denied(mut self) -> Self {
        self.effect = Effect::Deny;
        self
    }

    /// Limits the statement: `.when("StringEquals", "aws:SourceAccount", ["123456789012"])`.
    #[must_use]
    pub fn when<V>(mut self, operator: &str, key: &str, values: V) -> Self
    where
        V: IntoIterator<Item: Into<String>>,
    {
        let keys = self.condition.entry(operator.to_owned()).or_default();
        keys.entry(key.to_owned()).or_default().extend(values.into_iter().map(Into::into));
        self
    }

    /// The statement's id.
    pub fn sid(&self) -> &str {
        &self.sid
    }

    /// What is allowed or denied, in alphabetical order.
    pub fn actions(&self) -> impl Iterator<Item = &Action> {
        self.actions.iter()
    }

    /// When: operator, condition key, values.
    pub fn condition(&self) -> &Condition {
        &self.condition
    }

    /// On what, in alphabetical order; none in a trust policy.
    pub fn resources(&self) -> impl Iterator<Item = &str> {
        self.resources.iter().map(String::as_str)
    }

    fn to_json(&self) -> Value {
        let mut statement = Map::new();
        statement.insert("Sid".to_owned(), json!(self.sid));
        let effect = match self.effect {
            Effect::Allow => "Allow",
            Effect::Deny => "Deny",
        };
        statement.insert("Effect".to_owned(), json!(effect));
        if !self.principals.is_empty() {
            statement.insert("Principal".to_owned(), principals(&self.principals));
        }
        let actions: Vec<&str> = self.actions.iter().map(Action::as_str).collect();
        statement.insert("Action".to_owned(), one_or_all(&actions));
        if !self.resources.is_empty() {
            statement
                .insert("Resource".to_owned(), one_or_all(&self.resources().collect::<Vec<_>>()));
        }
        if !self.condition.is_empty() {
            statement.insert("Condition".to_owned(), condition(&self.condition));
        }
        Value::Object(statement)
    }
}

fn condition(condition: &Condition) -> Value {
    let keys = |keys: &BTreeMap<String, BTreeSet<String>>| {
        let keys = keys.iter().map(|(key, values)| {
            let values: Vec<&str> = values.iter().map(String::as_str).collect();
            (key.clone(), one_or_all(&values))
        });
        Value::Object(keys.collect())
    };
    let operators = condition.iter().map(|(operator, named)| (operator.clone(), keys(named)));
    Value::Object(operators.collect())
}

fn principals(principals: &BTreeSet<Principal>) -> Value {
    let mut groups: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for principal in principals {
        let (group, name) = match principal {
            Principal::Service(name) => ("Service", name),
            Principal::Aws(name) => ("AWS", name),
        };
        groups.entry(group).or_default().push(name);
    }
    Value::Object(
        groups.into_iter().map(|(group, names)| (group.to_owned(), one_or_all(&names))).collect(),
    )
}

/// A text for one, a list for several: the shape in which IAM hands documents back.
fn one_or_all(values: &[&str]) -> Value {
    match values {
        [one] => json!(one),
        all => json!(all),
    }
}

/// A policy document: a role's own policy or its trust policy.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Document {
    statements: Vec<Statement>,
}

impl Document {
    /// Makes a document of statements, kept in the order given.
    pub fn new(statements: impl IntoIterator<Item = Statement>) -> Self {
        Self { statements: statements.into_iter().collect() }
    }

    /// The statements, in their order.
    pub fn statements(&self) -> &[Statement] {
        &self.statements
    }

    /// Returns the document as IAM takes it; equal documents give equal text.
    pub fn to_json(&self) -> Value {
        let statements: Vec<Value> = self.statements.iter().map(Statement::to_json).collect();
        json!({ "Version": VERSION, "Statement": statements })
    }

    /// Returns the size that counts against [`INLINE_LIMIT`] and [`MANAGED_LIMIT`]: the
    /// characters of the minified document. White space inside texts counts here and not at IAM,
    /// so the number errs to the safe side.
    pub fn size(&self) -> usize {
        self.to_string().chars().count()
    }

    /// Whether `live`, a document as IAM hands it out (already URL-decoded), means the same.
    pub fn same_as(&self, live: &Value) -> bool {
        super::compare::same(&self.to_json(), live)
    }
}

impl fmt::Display for Document {
    /// Writes the minified JSON text.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.to_json().fmt(formatter)
    }
}
