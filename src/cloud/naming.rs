//! Names, ARNs and marks: how an object of a stack is called, and how it is known again.

use std::collections::BTreeMap;

use construct_engine::{Address, hexadecimal};
use sha2::{Digest, Sha256};

/// The tag that names the stack an object belongs to.
pub const MARK_STACK: &str = "construct:stack";
/// The tag that names the node an object was made for.
pub const MARK_NODE: &str = "construct:node";

/// The IAM path under which the paths of all stacks lie.
pub const IAM_ROOT: &str = "/construct/";
/// What the name of every parameter of every stack begins with; the stack's name follows.
pub const PARAMETER_ROOT: &str = "/construct/";

/// Tags by key.
pub type Tags = BTreeMap<String, String>;

/// The stack and the account it lives in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Naming {
    /// The stack's name.
    pub stack: String,
    /// Twelve digits.
    pub account: String,
    /// Such as `us-west-2`.
    pub region: String,
    /// `aws`, `aws-cn` or `aws-us-gov`.
    pub partition: String,
}

impl Naming {
    /// `{stack}-{address}` with hyphens for slashes: the name of most objects.
    pub fn name(&self, address: &Address) -> String {
        format!("{}-{}", self.stack, address.dashed())
    }

    /// Eight hexadecimal digits that differ from account to account, Region to Region and stack to stack, for names that
    /// the whole world shares.
    pub fn fingerprint(&self) -> String {
        let text = format!("{}/{}/{}", self.account, self.region, self.stack);
        hexadecimal(&Sha256::digest(text)[..4])
    }

    /// The IAM path under which everything of this stack lives.
    pub fn iam_path(&self) -> String {
        format!("{IAM_ROOT}{}/", self.stack)
    }

    /// The ARN of an object of `service` in this account and Region.
    pub fn arn(&self, service: &str, resource: &str) -> String {
        format!("arn:{}:{service}:{}:{}:{resource}", self.partition, self.region, self.account)
    }

    /// The ARN of the role called `name` under this stack's path.
    pub fn role_arn(&self, name: &str) -> String {
        format!("arn:{}:iam::{}:role{}{name}", self.partition, self.account, self.iam_path())
    }

    /// The marks of the node at `address`.
    pub fn marks(&self, address: &Address) -> Tags {
        Tags::from([
            (MARK_STACK.to_owned(), self.stack.clone()),
            (MARK_NODE.to_owned(), address.to_string()),
        ])
    }

    /// Whether `tags` say that the object is this stack's.
    pub fn is_ours(&self, tags: &Tags) -> bool {
        tags.get(MARK_STACK) == Some(&self.stack)
    }

    /// The node that `tags` name, when they are this stack's.
    pub fn node_of(&self, tags: &Tags) -> Option<Address> {
        if !self.is_ours(tags) {
            return None;
        }
        Address::new(tags.get(MARK_NODE)?.clone()).ok()
    }

    /// Why an object with `tags` is foreign, as the evidence of a plan.
    pub fn foreign_evidence(&self, what: &str, tags: &Tags) -> String {
        match tags.get(MARK_STACK) {
            Some(other) => format!("{what} belongs to the stack {other}"),
            None => format!("{what} has no {MARK_STACK} tag"),
        }
    }
}

/// The partition that a Region is in.
pub fn partition(region: &str) -> &'static str {
    match region {
        region if region.starts_with("cn-") => "aws-cn",
        region if region.starts_with("us-gov-") => "aws-us-gov",
        _ => "aws",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn naming() -> Naming {
        Naming {
            stack: "acme-tools".into(),
            account: "111122223333".into(),
            region: "us-west-2".into(),
            partition: "aws".into(),
        }
    }

    #[test]
    fn names_come_from_stack_and_address() {
        let address = Address::new("role/front").unwrap();
        assert_eq!(naming().name(&address), "acme-tools-role-front");
        assert_eq!(naming().role_arn("x"), "arn:aws:iam::111122223333:role/construct/acme-tools/x");
        assert_eq!(naming().fingerprint().len(), 8);
        assert_ne!(
            naming().fingerprint(),
            Naming { account: "999922223333".into(), ..naming() }.fingerprint()
        );
    }

    #[test]
    fn marks_are_read_back() {
        let address = Address::new("target/github").unwrap();
        let marks = naming().marks(&address);
        assert_eq!(naming().node_of(&marks), Some(address));
        let other = Naming { stack: "other".into(), ..naming() };
        assert_eq!(other.node_of(&marks), None);
        assert!(other.foreign_evidence("the role x", &marks).contains("acme-tools"));
        assert!(
            naming().foreign_evidence("the role x", &Tags::new()).contains("no construct:stack")
        );
    }

    #[test]
    fn regions_are_in_partitions() {
        for (region, expected) in
            [("us-west-2", "aws"), ("cn-north-1", "aws-cn"), ("us-gov-west-1", "aws-us-gov")]
        {
            assert_eq!(partition(region), expected);
        }
    }
}
