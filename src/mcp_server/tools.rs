//! The two tools: what they are called, what they take, which operation of the target stands behind each, and what of
//! GitHub's answer a model needs.
//!
//! The operations are those of the shipped description, `specs/github-openapi.json`.

use serde_json::{Map, Value, json};

use super::message::{INVALID_PARAMS, Refusal};

/// A tool.
pub(super) struct Tool {
    /// Its name here.
    pub(super) name: &'static str,
    /// The operation's name at the target.
    pub(super) operation: &'static str,
    title: &'static str,
    description: &'static str,
    properties: fn() -> Value,
    extract: fn(&Value) -> Option<Value>,
}

/// All of them.
pub(super) const TOOLS: [Tool; 2] = [
    Tool {
        name: "get_user_profile",
        operation: "getAuthenticatedUser",
        title: "GitHub profile",
        description: "The GitHub profile of the user: login, name, bio, and how many repositories and followers.",
        properties: || json!({}),
        extract: profile,
    },
    Tool {
        name: "get_user_repos",
        operation: "listMyRepositories",
        title: "GitHub repositories",
        description: "The GitHub repositories that the user can reach: name, description, address, stars, language.",
        properties: repository_arguments,
        extract: repositories,
    },
];

/// The names and values are GitHub's own (REST API, "List repositories for the authenticated user").
fn repository_arguments() -> Value {
    json!({
        "visibility": { "type": "string", "enum": ["all", "public", "private"] },
        "sort": { "type": "string", "enum": ["created", "updated", "pushed", "full_name"] },
        "direction": { "type": "string", "enum": ["asc", "desc"] },
        "per_page": { "type": "integer", "minimum": 1, "maximum": 100, "description": "30 by default." },
        "page": { "type": "integer", "minimum": 1, "description": "1 by default." },
    })
}

impl Tool {
    /// The tool of this name.
    ///
    /// # Errors
    /// When there is none.
    pub(super) fn named(name: Option<&str>) -> Result<&'static Self, Refusal> {
        TOOLS.iter().find(|tool| Some(tool.name) == name).ok_or_else(|| {
            let message = format!("Unknown tool: {}", name.unwrap_or("none is named"));
            Refusal::new(INVALID_PARAMS, &message)
        })
    }

    /// How `tools/list` describes it.
    pub(super) fn definition(&self) -> Value {
        json!({
            "name": self.name,
            "title": self.title,
            "description": self.description,
            "inputSchema": {
                "type": "object",
                "properties": (self.properties)(),
                "additionalProperties": false,
            },
            "annotations": { "readOnlyHint": true, "openWorldHint": true },
        })
    }

    /// The arguments of a call. Only those of the schema are passed on; their values the gateway checks.
    ///
    /// # Errors
    /// When there is one that the tool does not have: above all a token, which has no place there.
    pub(super) fn arguments(&self, given: Option<&Value>) -> Result<Map<String, Value>, Refusal> {
        let given = match given {
            None | Some(Value::Null) => return Ok(Map::new()),
            Some(Value::Object(given)) => given,
            Some(_) => return Err(Refusal::new(INVALID_PARAMS, "arguments must be an object")),
        };
        let known = (self.properties)();
        if let Some(name) = given.keys().find(|name| known.get(name.as_str()).is_none()) {
            let message = format!("{} has no argument `{name}`", self.name);
            return Err(Refusal::new(INVALID_PARAMS, &message));
        }
        Ok(given.clone())
    }

    /// The result with what a model needs of GitHub's answer. A result that is a failure, a request, or not what GitHub
    /// answers stays as it is.
    pub(super) fn result(&self, mut result: Value) -> Value {
        if result["isError"] == true || result["resultType"] == "input_required" {
            return result;
        }
        let text = result["content"][0]["text"].as_str();
        let answer = text.and_then(|text| serde_json::from_str(text).ok());
        if let Some(extract) = answer.as_ref().and_then(self.extract) {
            result["content"] = json!([{ "type": "text", "text": extract.to_string() }]);
            result["structuredContent"] = extract;
        }
        result
    }
}

fn profile(user: &Value) -> Option<Value> {
    let login = user["login"].as_str()?;
    Some(json!({
        "username": login,
        "name": user["name"],
        "bio": user["bio"],
        "public_repos": user["public_repos"],
        "followers": user["followers"],
        "following": user["following"],
        "profile_url": user["html_url"],
    }))
}

fn repositories(list: &Value) -> Option<Value> {
    let of = |repository: &Value| {
        json!({
            "name": repository["full_name"],
            "description": repository["description"],
            "url": repository["html_url"],
            "private": repository["private"],
            "stars": repository["stargazers_count"],
            "language": repository["language"],
        })
    };
    let repositories: Vec<Value> = list.as_array()?.iter().map(of).collect();
    Some(json!({ "count": repositories.len(), "repositories": repositories }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tool(name: &str) -> &'static Tool {
        Tool::named(Some(name)).unwrap()
    }

    fn answered(body: &Value) -> Value {
        json!({ "content": [{ "type": "text", "text": body.to_string() }], "isError": false })
    }

    #[test]
    fn a_token_has_no_place_among_the_arguments() {
        for name in ["context", "bearer_token", "authorization"] {
            for tool in &TOOLS {
                let refused = tool.arguments(Some(&json!({ name: "secret" }))).unwrap_err();
                assert_eq!(refused.code(), Some(INVALID_PARAMS));
                assert!(!refused.error.to_string().contains("secret"), "{refused:?}");
            }
        }
        let given = json!({ "sort": "pushed", "per_page": 5 });
        let passed = tool("get_user_repos").arguments(Some(&given)).unwrap();
        assert_eq!(Value::Object(passed), given);
        assert!(tool("get_user_repos").arguments(Some(&json!("x"))).is_err());
        assert!(Tool::named(Some("rm")).is_err() && Tool::named(None).is_err());
    }

    #[test]
    fn a_model_gets_what_it_needs_of_github_s_answer() {
        let user = json!({ "login": "mona", "name": "Mona", "html_url": "https://g/mona", "node_id": "x",
            "followers": 3 });
        let result = tool("get_user_profile").result(answered(&user));
        let own = &result["structuredContent"];
        assert_eq!(
            (&own["username"], &own["profile_url"]),
            (&json!("mona"), &json!("https://g/mona"))
        );
        assert!(own.get("node_id").is_none());
        assert_eq!(result["content"][0]["text"], own.to_string());

        let list = json!([{ "full_name": "mona/a", "stargazers_count": 2, "owner": {} }]);
        let own = tool("get_user_repos").result(answered(&list))["structuredContent"].take();
        assert_eq!((&own["count"], &own["repositories"][0]["stars"]), (&json!(1), &json!(2)));
    }

    #[test]
    fn what_is_not_github_s_answer_stays_as_it_is() {
        for result in [
            json!({ "content": [{ "type": "text", "text": "{\"login\":\"m\"}" }], "isError": true }),
            json!({ "resultType": "input_required", "inputRequests": {}, "requestState": "s" }),
            json!({ "content": [{ "type": "text", "text": "no JSON" }] }),
            json!({ "content": [] }),
            answered(&json!({ "message": "Bad credentials" })),
        ] {
            assert_eq!(tool("get_user_profile").result(result.clone()), result);
        }
    }

    #[test]
    fn the_operations_are_in_the_shipped_description() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/specs/github-openapi.json");
        let description: Value =
            serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
        for (path, tool) in [("/user", "get_user_profile"), ("/user/repos", "get_user_repos")] {
            let operation = &description["paths"][path]["get"];
            assert_eq!(operation["operationId"], self::tool(tool).operation);
        }
    }
}
