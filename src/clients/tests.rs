//! Changes of files, and which servers a manifest has.

use serde_json::json;

use super::*;

fn entry(url: &str) -> Entry {
    let members = json!({ "url": url }).as_object().unwrap().clone();
    Entry { name: "acme".to_owned(), members }
}

fn place(client: Client) -> Place {
    client.place(None, &|_| None).unwrap()
}

struct Scene {
    folder: tempfile::TempDir,
    files: ClientFiles,
}

impl Scene {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let files = ClientFiles::of(folder.path(), &folder.path().join("memory"));
        Self { folder, files }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// The same folder to another process.
    fn again(&mut self) {
        self.files = ClientFiles::of(self.folder.path(), &self.path("memory"));
    }

    fn put(&mut self, client: Client, url: &str) -> Result<Action, ClientFileError> {
        let change = self.files.with(place(client), &[entry(url)], false)?;
        let action = change.action();
        self.files.apply(&[change])?;
        Ok(action)
    }
}

#[test]
fn what_construct_wrote_is_known_in_a_later_run() {
    let mut scene = Scene::new();
    assert_eq!(scene.put(Client::Cursor, "https://a/mcp").unwrap(), Action::Create);
    scene.again();
    assert_eq!(scene.put(Client::Cursor, "https://a/mcp").unwrap(), Action::Same);
    // The gateway was made anew, at another address.
    assert_eq!(scene.put(Client::Cursor, "https://b/mcp").unwrap(), Action::Change);
    scene.again();
    let places: Vec<Place> = scene.files.known().collect();
    assert_eq!(places.len(), 1);
    let change = scene.files.without(places[0].clone(), &[], false).unwrap();
    assert_eq!(change.action(), Action::Remove);
    scene.files.apply(&[change]).unwrap();
    let left: Vec<_> = std::fs::read_dir(scene.folder.path()).unwrap().flatten().collect();
    assert!(left.iter().all(|entry| entry.file_name() == "memory"), "{left:?}");
    assert!(!scene.path("memory/clients.json").exists());
}

#[test]
fn an_entry_that_leads_somewhere_else_by_now_is_a_person_s() {
    let mut scene = Scene::new();
    scene.put(Client::Codex, "https://a/mcp").unwrap();
    let file = scene.path(".codex/config.toml");
    std::fs::write(&file, "[mcp_servers.acme]\nurl = \"https://mine/mcp\"\n").unwrap();
    let change = scene.files.without(place(Client::Codex), &[], false).unwrap();
    assert_eq!(change.action(), Action::Same, "a cleanup leaves it");
    let asked = scene.files.without(place(Client::Codex), &[entry("https://a/mcp")], false);
    assert!(matches!(asked, Err(ClientFileError::Foreign { .. })), "who asks for it is told");
    let put = scene.put(Client::Codex, "https://b/mcp").unwrap_err().to_string();
    assert!(put.contains("`acme` is not this stack's") && put.contains("config.toml"), "{put}");
    let adopted = scene.files.with(place(Client::Codex), &[entry("https://b/mcp")], true).unwrap();
    scene.files.apply(&[adopted]).unwrap();
    assert!(std::fs::read_to_string(&file).unwrap().contains("https://b/mcp"));
}

#[test]
fn a_file_that_is_not_as_it_was_shown_is_not_written() {
    let mut scene = Scene::new();
    let path = scene.path(".cursor/mcp.json");
    std::fs::create_dir(scene.path(".cursor")).unwrap();
    std::fs::write(&path, "{\"mcpServers\": {}}").unwrap();
    let think = |scene: &Scene| {
        scene.files.with(place(Client::Cursor), &[entry("https://a/mcp")], false).unwrap()
    };
    let change = think(&scene);
    std::fs::remove_file(&path).unwrap();
    let vanished = scene.files.apply(&[change]).unwrap_err().to_string();
    assert!(vanished.contains("somebody changed it in the meantime"), "{vanished}");
    assert!(!path.exists());
    let change = think(&scene);
    std::fs::write(&path, "{}").unwrap();
    scene.files.apply(&[change]).unwrap_err();
    assert_eq!(std::fs::read_to_string(&path).unwrap(), "{}");
    let change = think(&scene);
    let mut permissions = std::fs::metadata(&path).unwrap().permissions();
    permissions.set_readonly(true);
    std::fs::set_permissions(&path, permissions).unwrap();
    let refused = scene.files.apply(&[change]).unwrap_err().to_string();
    assert!(refused.contains("it is read-only"), "{refused}");
    assert_eq!(std::fs::read_to_string(&path).unwrap(), "{}");
    assert!(scene.files.known().next().is_none(), "nothing was written, nothing is remembered");
}

#[test]
fn a_diff_says_what_comes_and_goes() {
    let mut scene = Scene::new();
    std::fs::create_dir(scene.path(".codex")).unwrap();
    std::fs::write(scene.path(".codex/config.toml"), "model = \"m\"\r\n").unwrap();
    let change = scene.files.with(place(Client::Codex), &[entry("https://a/mcp")], false).unwrap();
    let path = change.path().display().to_string();
    let expected = format!(
        "--- {path}\n+++ {path}\n@@ -1 +1,4 @@\n model = \"m\"\n+\n+[mcp_servers.acme]\n+url = \"https://a/mcp\""
    );
    assert_eq!(change.diff(crate::report::Paint::PLAIN), expected);
    assert!(change.diff(crate::report::Paint::COLOUR).contains("\u{1b}[32m+url"));
    scene.files.apply(&[change]).unwrap();
    let same = scene.files.with(place(Client::Codex), &[entry("https://a/mcp")], false).unwrap();
    assert_eq!(same.diff(crate::report::Paint::PLAIN), "");
    let made = scene.files.with(place(Client::Cursor), &[entry("https://a/mcp")], false).unwrap();
    assert!(made.diff(crate::report::Paint::PLAIN).starts_with("--- /dev/null\n+++ "));
}

/// The way into the one gateway of a manifest with this text, where the stack is up.
fn way_into(gateway: &str) -> Way {
    let text = format!("[stack]\nname = \"acme\"\nregion = \"us-west-2\"\n\n{gateway}");
    let manifest = Manifest::parse(&text, "construct.toml", Path::new("")).unwrap();
    let config: Config = serde_json::from_value(json!({
        "version": 1, "stack": "acme", "region": "us-west-2", "account": "111122223333", "endpoint": "aws",
        "mcp_url": "https://acme.example/mcp",
        "gateway": { "id": "g", "arn": "arn", "url": "https://acme.example/mcp" },
        "cognito": {
            "pool_id": "p", "pool_arn": "arn", "issuer": "https://idp", "scopes": ["mcp/invoke"],
            "clients": { "editors": "c0", "machine": "m0" }
        },
        "providers": {}, "targets": {}, "functions": {}, "tables": {}, "roles": {}, "log_groups": {}, "identities": {}, "keys": {}
    }))
    .unwrap();
    let mut servers = servers(&manifest, &config);
    assert_eq!((servers.len(), servers[0].name.as_str()), (1, "acme"));
    servers.remove(0).way
}

#[test]
fn each_way_in_is_told_as_it_is() {
    let url = "https://acme.example/mcp".to_owned();
    let scopes = vec!["mcp/invoke".to_owned()];
    let front =
        SignIn { url: url.clone(), client_id: Some("c0".to_owned()), scopes, at_front: true };
    assert_eq!(way_into(""), Way::SignIn(front));
    let region = ["--region", "us-west-2"].map(str::to_owned);
    let signed = [std::slice::from_ref(&url), &region[..]].concat();
    assert_eq!(way_into("[gateway]\ninbound = \"iam\"\n"), Way::Signed(signed));
    let jwt = |more: &str| {
        way_into(&format!(
            "[gateway]\ninbound = \"jwt\"\n[gateway.jwt]\n\
             discovery_url = \"https://login.example.com/.well-known/openid-configuration\"\n{more}"
        ))
    };
    let one = jwt(
        "clients = [\"c1\"]\nscopes = [\"call\"]\nadvertised_scopes = { call = \"api://x/call\" }\n",
    );
    let expected = SignIn {
        url: url.clone(),
        client_id: Some("c1".to_owned()),
        scopes: vec!["api://x/call".to_owned()],
        at_front: false,
    };
    assert_eq!(one, Way::SignIn(expected));
    let Way::SignIn(several) = jwt("clients = [\"c1\", \"c2\"]\n") else { panic!() };
    assert_eq!(several.client_id, None, "nobody knows which one is the editors'");
}
