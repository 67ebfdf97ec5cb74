//! The AWS managed policies that a stack of construct may attach.

/// One of AWS's own policies.
#[derive(Debug, Clone, Copy)]
pub struct Managed {
    /// Its name.
    pub name: &'static str,
    /// Begins and ends with a slash.
    pub path: &'static str,
    /// The default version.
    pub version: &'static str,
    /// The document of the default version.
    pub document: &'static str,
}

impl Managed {
    /// `arn:aws:iam::aws:policy{path}{name}`.
    pub fn arn(&self) -> String {
        format!("arn:aws:iam::aws:policy{}{}", self.path, self.name)
    }
}

/// The policy with this ARN.
pub fn find(arn: &str) -> Option<&'static Managed> {
    ALL.iter().find(|managed| managed.arn() == arn)
}

/// All that are known here.
pub const ALL: &[Managed] = &[
    Managed {
        name: "AWSLambdaBasicExecutionRole",
        path: "/service-role/",
        version: "v1",
        document: r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["logs:CreateLogGroup","logs:CreateLogStream","logs:PutLogEvents"],"Resource":"*"}]}"#,
    },
    Managed {
        name: "AWSXRayDaemonWriteAccess",
        path: "/",
        version: "v2",
        document: r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["xray:PutTraceSegments","xray:PutTelemetryRecords","xray:GetSamplingRules","xray:GetSamplingTargets","xray:GetSamplingStatisticSummaries"],"Resource":["*"]}]}"#,
    },
    Managed {
        name: "AdministratorAccess",
        path: "/",
        version: "v1",
        document: r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}"#,
    },
    Managed {
        name: "ReadOnlyAccess",
        path: "/",
        version: "v1",
        document: r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["iam:Get*","iam:List*","lambda:Get*","lambda:List*"],"Resource":"*"}]}"#,
    },
];
