//! `OpenAPI` descriptions as the data planes read them: operations with their parameters, and schemas
//! with their references followed. What the control plane refuses does not come here.

use http::Method;
use serde_json::{Map, Value, json};

/// How deep references are followed: a schema that contains itself ends there.
const DEPTH: usize = 12;
const METHODS: [Method; 7] = [
    Method::GET,
    Method::PUT,
    Method::POST,
    Method::DELETE,
    Method::OPTIONS,
    Method::HEAD,
    Method::PATCH,
];
/// The property that holds a body whose own properties cannot stand beside the parameters.
pub(crate) const BODY: &str = "body";

/// A description.
#[derive(Debug, Clone)]
pub(crate) struct Description(Value);

/// Where a parameter goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    Path,
    Query,
    Header,
}

/// A parameter of an operation.
#[derive(Debug, Clone)]
pub(crate) struct Parameter<'a> {
    pub(crate) name: &'a str,
    pub(crate) place: Place,
    pub(crate) required: bool,
    /// Whether a list becomes one parameter for each item.
    pub(crate) explode: bool,
    value: &'a Value,
}

/// An operation, which becomes a tool.
#[derive(Debug, Clone)]
pub(crate) struct Operation<'a> {
    description: &'a Description,
    pub(crate) id: &'a str,
    pub(crate) method: Method,
    pub(crate) path: &'a str,
    shared: &'a Value,
    value: &'a Value,
}

impl Description {
    /// Reads a text; `None` when it is not JSON.
    pub(crate) fn read(text: &str) -> Option<Self> {
        serde_json::from_str(text).ok().map(Self)
    }

    /// The URL of the first server, without a slash at the end.
    pub(crate) fn server(&self) -> &str {
        self.0["servers"][0]["url"].as_str().unwrap_or_default().trim_end_matches('/')
    }

    /// The operations in the order of the description.
    pub(crate) fn operations(&self) -> Vec<Operation<'_>> {
        let paths = self.0.get("paths").and_then(Value::as_object).into_iter().flatten();
        paths
            .flat_map(|(path, shared)| METHODS.iter().map(move |method| (path, shared, method)))
            .filter_map(|(path, shared, method)| {
                let value = shared.get(method.as_str().to_ascii_lowercase())?;
                let id = value.get("operationId")?.as_str()?;
                let method = method.clone();
                Some(Operation { description: self, id, method, path, shared, value })
            })
            .collect()
    }

    /// The operation with this id.
    pub(crate) fn operation(&self, id: &str) -> Option<Operation<'_>> {
        self.operations().into_iter().find(|operation| operation.id == id)
    }

    /// What a value stands for: itself, or what its reference leads to.
    pub(crate) fn resolve<'a>(&'a self, value: &'a Value) -> &'a Value {
        let mut value = value;
        for _ in 0..DEPTH {
            let Some(pointer) = value.get("$ref").and_then(Value::as_str) else { break };
            value = pointer
                .strip_prefix('#')
                .and_then(|pointer| self.0.pointer(pointer))
                .unwrap_or(&Value::Null);
        }
        value
    }

    /// A schema with every reference replaced by what it leads to.
    fn inlined(&self, schema: &Value, depth: usize) -> Value {
        if depth == 0 {
            return json!({});
        }
        match self.resolve(schema) {
            Value::Object(members) => members
                .iter()
                .map(|(name, member)| (name.clone(), self.inlined(member, depth - 1)))
                .collect::<Map<_, _>>()
                .into(),
            Value::Array(items) => items.iter().map(|item| self.inlined(item, depth - 1)).collect(),
            plain => plain.clone(),
        }
    }
}

impl<'a> Operation<'a> {
    /// What the tool is for: the description, else the summary, else method and path.
    pub(crate) fn text(&self) -> String {
        ["description", "summary"]
            .iter()
            .filter_map(|name| self.value.get(name)?.as_str())
            .map(str::trim)
            .find(|text| !text.is_empty())
            .map_or_else(|| format!("{} {}", self.method, self.path), str::to_owned)
    }

    /// The parameters: the operation's own, then the path's that it does not replace.
    pub(crate) fn parameters(&self) -> Vec<Parameter<'a>> {
        let mut parameters: Vec<Parameter<'a>> = Vec::new();
        for owner in [self.value, self.shared] {
            let list = owner.get("parameters").and_then(Value::as_array).into_iter().flatten();
            for value in list.map(|value| self.description.resolve(value)) {
                let Some(parameter) = Parameter::read(value) else { continue };
                let same = |known: &Parameter<'_>| {
                    known.name == parameter.name && known.place == parameter.place
                };
                if !parameters.iter().any(same) {
                    parameters.push(parameter);
                }
            }
        }
        parameters
    }

    /// The schema of the JSON body, and whether there must be one.
    fn body(&self) -> Option<(&'a Value, bool)> {
        let body = self.description.resolve(self.value.get("requestBody")?);
        let schema = body["content"].get("application/json")?.get("schema")?;
        Some((self.description.resolve(schema), body["required"] == true))
    }

    /// The body's own properties, if they stand beside the parameters in the tool's input: the body
    /// is an object that names its properties, and none is named as a parameter is.
    pub(crate) fn body_properties(&self) -> Option<&'a Map<String, Value>> {
        let properties = self.body()?.0.get("properties")?.as_object()?;
        let parameters = self.parameters();
        let collides = parameters.iter().any(|one| properties.contains_key(one.name));
        (!collides).then_some(properties)
    }

    /// Whether the operation takes a JSON body.
    pub(crate) fn takes_body(&self) -> bool {
        self.body().is_some()
    }

    /// The schema of the tool's arguments: parameters and the body's properties side by side.
    pub(crate) fn input_schema(&self) -> Value {
        let mut properties = Map::new();
        let mut required: Vec<&str> = Vec::new();
        for parameter in self.parameters() {
            let mut schema = self.description.inlined(
                parameter.value.get("schema").unwrap_or(&json!({"type": "string"})),
                DEPTH,
            );
            if let (Some(text), Some(schema)) =
                (parameter.value.get("description"), schema.as_object_mut())
            {
                schema.entry("description").or_insert(text.clone());
            }
            properties.insert(parameter.name.to_owned(), schema);
            if parameter.required {
                required.push(parameter.name);
            }
        }
        if let Some((schema, must)) = self.body() {
            if let Some(own) = self.body_properties() {
                for (name, property) in own {
                    properties.insert(name.clone(), self.description.inlined(property, DEPTH));
                }
                let names = schema.get("required").and_then(Value::as_array).filter(|_| must);
                required.extend(names.into_iter().flatten().filter_map(Value::as_str));
            } else {
                properties.insert(BODY.to_owned(), self.description.inlined(schema, DEPTH));
                if must {
                    required.push(BODY);
                }
            }
        }
        let mut schema = json!({ "type": "object", "properties": properties });
        if !required.is_empty() {
            schema["required"] = json!(required);
        }
        schema
    }

    /// The status and the schema of the first answer that is a success.
    pub(crate) fn success(&self) -> (u16, Option<Value>) {
        let responses = self.value.get("responses").and_then(Value::as_object);
        let found = responses.into_iter().flatten().find_map(|(status, response)| {
            let status: u16 = status.replace("XX", "00").parse().ok()?;
            (200..300).contains(&status).then_some((status, response))
        });
        let Some((status, response)) = found else { return (200, None) };
        let response = self.description.resolve(response);
        let content = response.get("content").and_then(Value::as_object);
        let json = content.into_iter().flatten().find(|(kind, _)| kind.contains("json"));
        let schema = json.and_then(|(_, media)| {
            // An example of the whole answer is as good as a schema.
            match media.get("example") {
                Some(example) => Some(json!({ "example": example })),
                None => Some(self.description.inlined(media.get("schema")?, DEPTH)),
            }
        });
        (status, schema)
    }
}

impl<'a> Parameter<'a> {
    fn read(value: &'a Value) -> Option<Self> {
        let place = match value.get("in")?.as_str()? {
            "path" => Place::Path,
            "query" => Place::Query,
            "header" => Place::Header,
            _ => return None,
        };
        Some(Self {
            name: value.get("name")?.as_str()?,
            place,
            required: place == Place::Path || value.get("required") == Some(&json!(true)),
            explode: value.get("explode") != Some(&json!(false)),
            value,
        })
    }
}

#[cfg(test)]
pub(crate) fn sample() -> Description {
    let text = json!({
        "openapi": "3.0.3",
        "info": {"title": "t", "version": "1"},
        "servers": [{"url": "https://api.example.com/v1/"}],
        "paths": {"/things/{id}": {
            "parameters": [{"$ref": "#/components/parameters/id"}],
            "get": {
                "operationId": "getThing",
                "summary": "One thing.",
                "parameters": [
                    {"name": "tags", "in": "query", "schema": {"type": "array",
                        "items": {"type": "string"}}},
                    {"name": "X-Trace", "in": "header", "schema": {"type": "string"}},
                ],
                "responses": {"200": {"description": "ok", "content": {"application/json": {
                    "schema": {"$ref": "#/components/schemas/Thing"}}}}},
            },
            "put": {
                "operationId": "putThing",
                "requestBody": {"required": true, "content": {"application/json": {
                    "schema": {"$ref": "#/components/schemas/Change"}}}},
                "responses": {"204": {"description": "done"}},
            },
        }},
        "components": {
            "parameters": {"id": {"name": "id", "in": "path", "required": true,
                "description": "Which.", "schema": {"type": "integer"}}},
            "schemas": {
                "Change": {"type": "object", "required": ["name"],
                    "properties": {"name": {"type": "string"}, "size": {"type": "integer"}}},
                "Thing": {"type": "object", "properties": {
                    "id": {"type": "integer"}, "name": {"type": "string"},
                    "owner": {"type": "object", "properties": {"login": {"type": "string"}}},
                    "parent": {"$ref": "#/components/schemas/Thing"}}},
            },
        },
    });
    Description(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_and_body_stand_side_by_side() {
        let sample = sample();
        let put = sample.operation("putThing").unwrap();
        assert_eq!(put.text(), "PUT /things/{id}");
        assert_eq!(
            put.input_schema(),
            json!({
                "type": "object",
                "properties": {
                    "id": {"type": "integer", "description": "Which."},
                    "name": {"type": "string"},
                    "size": {"type": "integer"},
                },
                "required": ["id", "name"],
            })
        );
        assert_eq!(put.success(), (204, None));
    }

    #[test]
    fn a_body_with_a_parameters_name_keeps_to_itself() {
        let mut sample = sample();
        sample.0["components"]["schemas"]["Change"]["properties"]["id"] = json!({});
        let schema = sample.operation("putThing").unwrap().input_schema();
        assert_eq!(schema["required"], json!(["id", "body"]));
        assert!(schema["properties"]["body"]["properties"]["name"].is_object());
    }

    #[test]
    fn a_schema_that_contains_itself_ends() {
        let sample = sample();
        let (status, schema) = sample.operation("getThing").unwrap().success();
        let schema = schema.unwrap();
        assert_eq!((status, &schema["properties"]["name"]["type"]), (200, &json!("string")));
        assert_eq!(schema["properties"]["parent"]["properties"]["id"]["type"], json!("integer"));
    }
}
