//! The small services' rules: what they accept, refuse and give back.

use bytes::Bytes;
use construct_local::{LocalAws, Options};
use http::Request;
use serde_json::{Value, json};

/// Calls a JSON service: status and body.
async fn json_call(local: &LocalAws, service: &str, target: &str, body: Value) -> (u16, Value) {
    let request = Request::post("/")
        .header(
            "authorization",
            format!(
                "AWS4-HMAC-SHA256 Credential=AKID/20260101/us-west-2/{service}/aws4_request, \
                 SignedHeaders=host, Signature=0"
            ),
        )
        .header("x-amz-target", target)
        .body(Bytes::from(body.to_string()))
        .expect("the request is well formed");
    let response = local.handle(request).await;
    let body = serde_json::from_slice(response.body()).expect("the answer is JSON");
    (response.status().as_u16(), body)
}

/// Calls IAM: status and XML.
async fn iam(local: &LocalAws, members: &[(&str, &str)]) -> (u16, String) {
    let form: Vec<String> = members
        .iter()
        .map(|(name, value)| {
            let all = percent_encoding::NON_ALPHANUMERIC;
            format!("{name}={}", percent_encoding::utf8_percent_encode(value, all))
        })
        .collect();
    let request = Request::post("/")
        .header(
            "authorization",
            "AWS4-HMAC-SHA256 Credential=AKID/20260101/us-east-1/iam/aws4_request, \
             SignedHeaders=host, Signature=0",
        )
        .body(Bytes::from(form.join("&")))
        .expect("the request is well formed");
    let response = local.handle(request).await;
    (response.status().as_u16(), String::from_utf8_lossy(response.body()).into_owned())
}

fn trust() -> String {
    json!({"Version": "2012-10-17", "Statement": [{
        "Effect": "Allow",
        "Principal": {"Service": "lambda.amazonaws.com"},
        "Action": "sts:AssumeRole",
    }]})
    .to_string()
}

fn permission(padding: usize) -> String {
    json!({"Version": "2012-10-17", "Statement": [{
        "Effect": "Allow",
        "Action": "logs:*",
        "Resource": format!("arn:aws:logs:*:*:{}", "x".repeat(padding)),
    }]})
    .to_string()
}

async fn role(local: &LocalAws, name: &str) {
    let trust = trust();
    let members = [
        ("Action", "CreateRole"),
        ("RoleName", name),
        ("Path", "/construct/demo/"),
        ("AssumeRolePolicyDocument", &trust),
    ];
    assert_eq!(iam(local, &members).await.0, 200);
}

#[tokio::test]
async fn inline_policies_share_one_quota() {
    let local = LocalAws::in_memory(Options::instant());
    role(&local, "worker").await;
    let put = async |name: &str, padding: usize| {
        let document = permission(padding);
        let members = [
            ("Action", "PutRolePolicy"),
            ("RoleName", "worker"),
            ("PolicyName", name),
            ("PolicyDocument", &document),
        ];
        iam(&local, &members).await
    };
    assert_eq!(put("a", 6000).await.0, 200);
    let (status, text) = put("b", 6000).await;
    assert_eq!(status, 409);
    assert!(text.contains("<Code>LimitExceeded</Code>"), "{text}");
    // Writing the first one anew is not counted twice.
    assert_eq!(put("a", 9000).await.0, 200);
}

#[tokio::test]
async fn trust_policies_have_a_quota() {
    let local = LocalAws::in_memory(Options::instant());
    role(&local, "worker").await;
    let long = trust().replace("lambda.amazonaws.com", &"x".repeat(2048));
    let members =
        [("Action", "UpdateAssumeRolePolicy"), ("RoleName", "worker"), ("PolicyDocument", &long)];
    let (status, text) = iam(&local, &members).await;
    assert_eq!(status, 409);
    assert!(text.contains("<Code>LimitExceeded</Code>"), "{text}");
}

#[tokio::test]
async fn roles_are_listed_by_path_in_pages() {
    let local = LocalAws::in_memory(Options::instant());
    for name in ["a", "b", "c"] {
        role(&local, name).await;
    }
    let list = [("Action", "ListRoles"), ("PathPrefix", "/construct/demo/"), ("MaxItems", "2")];
    let (_, first) = iam(&local, &list).await;
    assert_eq!(first.matches("<RoleName>").count(), 2);
    assert!(first.contains("<IsTruncated>true</IsTruncated>"));
    let (_, rest) = first.split_once("<Marker>").unwrap();
    let (marker, _) = rest.split_once("</Marker>").unwrap();
    let (_, second) = iam(&local, &[list[0], list[1], ("Marker", marker)]).await;
    assert_eq!(second.matches("<RoleName>").count(), 1);
    assert!(second.contains("<RoleName>c</RoleName>"));
    let other = [("Action", "ListRoles"), ("PathPrefix", "/construct/other/")];
    assert!(!iam(&local, &other).await.1.contains("<RoleName>"));
}

#[tokio::test]
async fn a_managed_policy_goes_after_its_attachments_and_versions() {
    const ARN: &str = "arn:aws:iam::111122223333:policy/spill";
    let local = LocalAws::in_memory(Options::instant());
    role(&local, "worker").await;
    let document = permission(1);
    let with = |action, more: &[(&'static str, &'static str)]| {
        let mut members = vec![("Action", action), ("PolicyArn", ARN)];
        members.extend(more);
        members
    };
    let create =
        [("Action", "CreatePolicy"), ("PolicyName", "spill"), ("PolicyDocument", &*document)];
    assert_eq!(iam(&local, &create).await.0, 200);
    assert_eq!(iam(&local, &create).await.0, 409);
    let attach = with("AttachRolePolicy", &[("RoleName", "worker")]);
    assert_eq!(iam(&local, &attach).await.0, 200);
    assert!(iam(&local, &with("DeletePolicy", &[])).await.1.contains("DeleteConflict"));
    let detach = with("DetachRolePolicy", &[("RoleName", "worker")]);
    assert_eq!(iam(&local, &detach).await.0, 200);
    let version = [
        ("Action", "CreatePolicyVersion"),
        ("PolicyArn", ARN),
        ("PolicyDocument", &*document),
        ("SetAsDefault", "true"),
    ];
    assert!(iam(&local, &version).await.1.contains("<VersionId>v2</VersionId>"));
    assert!(iam(&local, &with("DeletePolicy", &[])).await.1.contains("DeleteConflict"));
    let default = with("DeletePolicyVersion", &[("VersionId", "v2")]);
    assert!(iam(&local, &default).await.1.contains("DeleteConflict"));
    let first = with("DeletePolicyVersion", &[("VersionId", "v1")]);
    assert_eq!(iam(&local, &first).await.0, 200);
    assert_eq!(iam(&local, &with("DeletePolicy", &[])).await.0, 200);
    assert_eq!(iam(&local, &with("GetPolicy", &[])).await.0, 404);
}

#[tokio::test]
async fn parameters_are_not_overwritten_by_chance() {
    let local = LocalAws::in_memory(Options::instant());
    let put = async |extra: Value| {
        let mut body = json!({"Name": "/construct/a/lock", "Value": "v", "Type": "String"});
        body.as_object_mut().unwrap().extend(extra.as_object().unwrap().clone());
        json_call(&local, "ssm", "AmazonSSM.PutParameter", body).await
    };
    assert_eq!(put(json!({"Tags": [{"Key": "k", "Value": "v"}]})).await.1["Version"], 1);
    assert_eq!(put(json!({})).await.1["__type"], "ParameterAlreadyExists");
    assert_eq!(put(json!({"Overwrite": true})).await.1["Version"], 2);
    let tagged = put(json!({"Overwrite": true, "Tags": [{"Key": "k", "Value": "v"}]})).await;
    assert_eq!(tagged.1["__type"], "ValidationException");
    let long = put(json!({"Overwrite": true, "Value": "x".repeat(4097)})).await;
    assert_eq!(long.1["__type"], "ValidationException");
    for name in ["/aws/x", "a/b", "/ssm-x", "a b", "/a/"] {
        assert_eq!(put(json!({ "Name": name })).await.1["__type"], "ValidationException", "{name}");
    }
    // An overwrite keeps the tags.
    let resource = json!({"ResourceType": "Parameter", "ResourceId": "/construct/a/lock"});
    let tags = json_call(&local, "ssm", "AmazonSSM.ListTagsForResource", resource).await.1;
    assert_eq!(tags, json!({"TagList": [{"Key": "k", "Value": "v"}]}));
}

#[tokio::test]
async fn secure_strings_are_given_only_when_asked_for() {
    let local = LocalAws::in_memory(Options::instant());
    let body = json!({"Name": "/key", "Value": "sentinel", "Type": "SecureString"});
    json_call(&local, "ssm", "AmazonSSM.PutParameter", body).await;
    let get = async |decrypted: bool| {
        let body = json!({"Name": "/key", "WithDecryption": decrypted});
        let (_, reply) = json_call(&local, "ssm", "AmazonSSM.GetParameter", body).await;
        reply["Parameter"]["Value"].clone()
    };
    assert_eq!(get(true).await, "sentinel");
    assert_ne!(get(false).await, "sentinel");
}

#[tokio::test]
async fn tables_need_exactly_their_key_attributes() {
    let local = LocalAws::in_memory(Options::instant());
    let create = async |body: Value| {
        json_call(&local, "dynamodb", "DynamoDB_20120810.CreateTable", body).await.1["__type"]
            .clone()
    };
    let key = json!([{"AttributeName": "k", "KeyType": "HASH"}]);
    let attribute = json!([{"AttributeName": "k", "AttributeType": "S"}]);
    let two = json!([attribute[0], {"AttributeName": "expires", "AttributeType": "N"}]);
    let table = |attributes: &Value, mode: &str| {
        json!({"TableName": "sessions", "KeySchema": key, "AttributeDefinitions": attributes,
               "BillingMode": mode})
    };
    assert_eq!(create(table(&two, "PAY_PER_REQUEST")).await, "ValidationException");
    assert_eq!(create(table(&json!([]), "PAY_PER_REQUEST")).await, "ValidationException");
    assert_eq!(create(table(&attribute, "PROVISIONED")).await, "ValidationException");
    assert_eq!(create(table(&attribute, "PAY_PER_REQUEST")).await, Value::Null);
    assert_eq!(create(table(&attribute, "PAY_PER_REQUEST")).await, "ResourceInUseException");
}

#[tokio::test]
async fn protected_tables_stay() {
    let local = LocalAws::in_memory(Options::instant());
    let call = async |operation: &str, body: Value| {
        let target = format!("DynamoDB_20120810.{operation}");
        json_call(&local, "dynamodb", &target, body).await
    };
    let table = json!({
        "TableName": "sessions",
        "KeySchema": [{"AttributeName": "k", "KeyType": "HASH"}],
        "AttributeDefinitions": [{"AttributeName": "k", "AttributeType": "S"}],
        "BillingMode": "PAY_PER_REQUEST",
        "DeletionProtectionEnabled": true,
    });
    assert_eq!(call("CreateTable", table).await.0, 200);
    let name = json!({"TableName": "sessions"});
    assert_eq!(call("DeleteTable", name.clone()).await.1["__type"], "ValidationException");
    let open = json!({"TableName": "sessions", "DeletionProtectionEnabled": false});
    assert_eq!(call("UpdateTable", open).await.0, 200);
    assert_eq!(call("DeleteTable", name.clone()).await.0, 200);
    assert_eq!(call("DescribeTable", name).await.1["__type"], "ResourceNotFoundException");
}

#[tokio::test]
async fn an_item_is_changed_only_if_it_is_as_expected() {
    let local = LocalAws::in_memory(Options::instant());
    let call = async |operation: &str, mut body: Value| {
        body["TableName"] = json!("sessions");
        let target = format!("DynamoDB_20120810.{operation}");
        json_call(&local, "dynamodb", &target, body).await
    };
    let key = json!({"handle": {"S": "h"}});
    assert_eq!(call("GetItem", json!({"Key": key})).await.1["__type"], "ResourceNotFoundException");
    let table = json!({
        "KeySchema": [{"AttributeName": "handle", "KeyType": "HASH"}],
        "AttributeDefinitions": [{"AttributeName": "handle", "AttributeType": "S"}],
        "BillingMode": "PAY_PER_REQUEST",
    });
    assert_eq!(call("CreateTable", table).await.0, 200);
    assert_eq!(call("GetItem", json!({"Key": key})).await, (200, json!({})));

    let item = json!({"handle": {"S": "h"}, "stage": {"S": "open"}, "token": {"S": "t"}, "end": {"N": "9"}});
    let put = json!({
        "Item": item,
        "ConditionExpression": "attribute_not_exists(#handle)",
        "ExpressionAttributeNames": {"#handle": "handle"},
    });
    assert_eq!(call("PutItem", put.clone()).await, (200, json!({})));
    assert_eq!(call("PutItem", put).await.1["__type"], "ConditionalCheckFailedException");
    assert_eq!(call("GetItem", json!({"Key": key})).await.1["Item"], item);

    let burn = |now: &str| {
        json!({
            "Key": key,
            "UpdateExpression": "SET #stage = :next REMOVE #token",
            "ConditionExpression": "#end > :now AND (#stage = :a OR #stage = :b)",
            "ExpressionAttributeNames": {"#stage": "stage", "#token": "token", "#end": "end"},
            "ExpressionAttributeValues": {
                ":next": {"S": "burned"}, ":now": {"N": now}, ":a": {"S": "open"}, ":b": {"S": "started"},
            },
            "ReturnValues": "ALL_NEW",
        })
    };
    assert_eq!(call("UpdateItem", burn("9")).await.1["__type"], "ConditionalCheckFailedException");
    let burned = json!({"handle": {"S": "h"}, "stage": {"S": "burned"}, "end": {"N": "9"}});
    assert_eq!(call("UpdateItem", burn("8.5")).await, (200, json!({"Attributes": burned})));
    assert_eq!(
        call("UpdateItem", burn("8.5")).await.1["__type"],
        "ConditionalCheckFailedException"
    );

    let mut unused = burn("8");
    unused["ExpressionAttributeNames"]["#other"] = json!("other");
    for (operation, wrong) in [
        ("UpdateItem", unused),
        (
            "UpdateItem",
            json!({"Key": key, "UpdateExpression": "SET handle = :x", "ExpressionAttributeValues": {":x": {"S": "y"}}}),
        ),
        ("PutItem", json!({"Item": {"handle": {"N": "1"}}})),
        ("PutItem", json!({"Item": {"handle": {"S": ""}}})),
        ("PutItem", json!({"Item": {"handle": {"S": "h"}, "end": {"N": "x"}}})),
        ("GetItem", json!({"Key": {"other": {"S": "h"}}})),
        ("GetItem", json!({"Key": {"handle": {"S": "h"}, "other": {"S": "h"}}})),
    ] {
        let (status, answer) = call(operation, wrong).await;
        assert_eq!((status, &answer["__type"]), (400, &json!("ValidationException")), "{answer}");
    }
    let removed = call("DeleteItem", json!({"Key": key, "ReturnValues": "ALL_OLD"})).await.1;
    assert_eq!(removed["Attributes"], burned);
    assert_eq!(call("GetItem", json!({"Key": key})).await, (200, json!({})));
}

#[tokio::test]
async fn retention_takes_the_documented_days_only() {
    let local = LocalAws::in_memory(Options::instant());
    let call = async |operation: &str, body: Value| {
        json_call(&local, "logs", &format!("Logs_20140328.{operation}"), body).await
    };
    let group = json!({"logGroupName": "/aws/lambda/x"});
    assert_eq!(call("CreateLogGroup", group.clone()).await.0, 200);
    let again = call("CreateLogGroup", group).await.1;
    assert_eq!(again["__type"], "ResourceAlreadyExistsException");
    for (days, status) in [(30, 200), (3653, 200), (31, 400), (0, 400)] {
        let body = json!({"logGroupName": "/aws/lambda/x", "retentionInDays": days});
        assert_eq!(call("PutRetentionPolicy", body).await.0, status, "{days}");
    }
    let described = call("DescribeLogGroups", json!({"logGroupNamePrefix": "/aws/"})).await.1;
    assert_eq!(described["logGroups"][0]["retentionInDays"], 3653);
}

#[tokio::test]
async fn a_deleted_secret_can_be_restored_until_its_window_ends() {
    let local = LocalAws::in_memory(Options::instant());
    let call = async |operation: &str, body: Value| {
        json_call(&local, "secretsmanager", &format!("secretsmanager.{operation}"), body).await
    };
    let create = json!({"Name": "acme/atlassian", "SecretString": "one"});
    assert_eq!(call("CreateSecret", create.clone()).await.0, 200);
    let id = json!({"SecretId": "acme/atlassian"});
    let week = json!({"SecretId": "acme/atlassian", "RecoveryWindowInDays": 7});
    assert_eq!(call("DeleteSecret", week).await.0, 200);
    assert_eq!(call("GetSecretValue", id.clone()).await.1["__type"], "InvalidRequestException");
    assert_eq!(call("CreateSecret", create.clone()).await.1["__type"], "InvalidRequestException");
    assert_eq!(call("RestoreSecret", id.clone()).await.0, 200);
    let next = json!({"SecretId": "acme/atlassian", "SecretString": "two"});
    assert_eq!(call("PutSecretValue", next).await.0, 200);
    let previous = json!({"SecretId": "acme/atlassian", "VersionStage": "AWSPREVIOUS"});
    assert_eq!(call("GetSecretValue", previous).await.1["SecretString"], "one");
    assert_eq!(call("GetSecretValue", id).await.1["SecretString"], "two");
    let now = json!({"SecretId": "acme/atlassian", "ForceDeleteWithoutRecovery": true});
    assert_eq!(call("DeleteSecret", now).await.0, 200);
    assert_eq!(call("CreateSecret", create).await.0, 200);
}
