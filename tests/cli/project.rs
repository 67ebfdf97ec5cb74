//! A folder with a manifest, and the program run in it with an environment of its own.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::time::{Duration, Instant};

use serde_json::Value;
use tempfile::TempDir;

/// How long any command of these tests may take on a busy machine.
const PATIENCE: Duration = Duration::from_mins(3);

/// Where the starter's stack keeps its memory with the local AWS.
pub(super) const MEMORY: &str = ".construct/111122223333/us-west-2/acme-tools";

/// The content of a folder.
pub(super) type Files = BTreeMap<PathBuf, Vec<u8>>;

/// A folder that a person would work in. It goes when dropped.
pub(super) struct Project(TempDir);

impl Project {
    /// The manifest and the specs at the root of the repository.
    pub(super) fn starter() -> Self {
        let project = Self::empty();
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        fs::copy(root.join("construct.toml"), project.path("construct.toml")).unwrap();
        fs::create_dir(project.path("specs")).unwrap();
        for name in ["specs/github-openapi.json", "specs/confluence-openapi.json"] {
            fs::copy(root.join(name), project.path(name)).unwrap();
        }
        project
    }

    /// The starter without the look-up of an Atlassian tenant, for runs that take the local AWS for the real one.
    pub(super) fn starter_without_look_ups() -> Self {
        let project = Self::starter();
        project.edit(
            "construct.toml",
            "{ atlassian_tenant = \"acme\" }",
            "\"11111111-2222-4333-8444-555555555555\"",
        );
        project
    }

    /// The starter after an undisturbed `up` that had the local AWS in its own process. Made once and then copied, as the
    /// services take their time. All copies share a port: only one of them can be served.
    pub(super) fn finished() -> Self {
        static FILES: OnceLock<Files> = OnceLock::new();
        Self::of(FILES.get_or_init(|| {
            let project = Self::starter();
            project.run("up --local --yes").with(0);
            project.copied()
        }))
    }

    /// All of its files, the local AWS's too, by their names in the folder.
    pub(super) fn copied(&self) -> Files {
        let mut files = Files::new();
        gather(self.0.path(), &mut files);
        let relative = |path: &Path| path.strip_prefix(self.0.path()).unwrap().to_owned();
        files.into_iter().map(|(path, content)| (relative(&path), content)).collect()
    }

    /// A folder with these files.
    pub(super) fn of(files: &Files) -> Self {
        let project = Self::empty();
        for (name, content) in files {
            let path = project.0.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, content).unwrap();
        }
        project
    }

    /// A folder with nothing in it.
    pub(super) fn empty() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    pub(super) fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    pub(super) fn read(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
    }

    /// Writes a file, with the folders it needs.
    pub(super) fn write(&self, name: &str, text: &str) {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    /// Replaces what must be there once.
    pub(super) fn edit(&self, name: &str, from: &str, to: &str) {
        let text = self.read(name);
        assert_eq!(text.matches(from).count(), 1, "{from} in {name}");
        self.write(name, &text.replace(from, to));
    }

    /// The journal of the starter's stack.
    pub(super) fn journal(&self) -> String {
        self.read(&format!("{MEMORY}/journal.jsonl"))
    }

    /// The entries of that journal, every line of which must be whole.
    pub(super) fn entries(&self) -> Vec<Value> {
        let text = self.journal();
        assert!(text.ends_with('\n'), "the last line is whole");
        text.lines()
            .map(|line| serde_json::from_str::<Value>(line).expect(line)["entry"].take())
            .collect()
    }

    /// Every file of the folder with its content, but for the local AWS's own, which says who opened it last.
    pub(super) fn files(&self) -> Files {
        let mut files = Files::new();
        gather(self.0.path(), &mut files);
        let aws = self.path(".local-aws");
        files.retain(|path, _| *path == aws || !path.starts_with(&aws));
        files
    }

    /// The program with the words of `line`, in this folder, where nothing of the machine's own settings counts.
    pub(super) fn command(&self, line: &str) -> Command {
        let mut command = self.program(env!("CARGO_BIN_EXE_construct"));
        command.args(line.split_whitespace());
        command
    }

    /// A shell in this folder, to which `$construct` is the program.
    #[cfg(unix)]
    pub(super) fn shell(&self, script: &str) -> Command {
        let mut command = self.program("sh");
        command.args(["-c", script]).env("construct", env!("CARGO_BIN_EXE_construct"));
        command
    }

    fn program(&self, program: &str) -> Command {
        let mut command = Command::new(program);
        command
            .current_dir(self.0.path())
            .env_clear()
            .envs(std::env::var_os("PATH").map(|path| ("PATH", path)))
            .env("HOME", self.0.path().join("home"))
            .env("AWS_EC2_METADATA_DISABLED", "true")
            .stdin(Stdio::null());
        command
    }

    /// Runs the program to its end.
    pub(super) fn run(&self, line: &str) -> Ended {
        Running::start(&mut self.command(line)).wait()
    }

    /// Starts the program.
    pub(super) fn start(&self, line: &str) -> Running {
        Running::start(&mut self.command(line))
    }
}

fn gather(folder: &Path, files: &mut Files) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            gather(&path, files);
        } else {
            let content = fs::read(&path).unwrap();
            files.insert(path, content);
        }
    }
}

/// A process and what it prints. It is killed when dropped.
pub(super) struct Running {
    child: Child,
    printed: TempDir,
}

impl Running {
    /// Starts `command` with both its streams kept in files, where they can be read while it runs.
    pub(super) fn start(command: &mut Command) -> Self {
        let printed = tempfile::tempdir().unwrap();
        let stream = |name: &str| fs::File::create(printed.path().join(name)).unwrap();
        let child = command.stdout(stream("out")).stderr(stream("err")).spawn().unwrap();
        Self { child, printed }
    }

    pub(super) fn id(&self) -> u32 {
        self.child.id()
    }

    /// The way to the process's standard input, if it was asked for.
    pub(super) fn input(&mut self) -> std::process::ChildStdin {
        self.child.stdin.take().expect("stdin is a pipe")
    }

    fn text(&self, name: &str) -> String {
        String::from_utf8_lossy(&fs::read(self.printed.path().join(name)).unwrap()).into_owned()
    }

    /// Waits until one of the streams holds `text`, and returns that stream.
    pub(super) fn until(&mut self, text: &str) -> String {
        self.until_seen(text, |running| {
            let mut streams = ["out", "err"].into_iter().map(|stream| running.text(stream));
            streams.find(|printed| printed.contains(text))
        })
    }

    /// Waits until `look` sees something, which is to be before the process ends.
    pub(super) fn until_seen<T>(
        &mut self,
        what: &str,
        mut look: impl FnMut(&Self) -> Option<T>,
    ) -> T {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let ended = self.child.try_wait().unwrap();
            if let Some(seen) = look(self) {
                return seen;
            }
            let (out, err) = (self.text("out"), self.text("err"));
            assert!(ended.is_none(), "it ended ({ended:?}) before {what:?}\n{out}\n{err}");
            assert!(Instant::now() < deadline, "there never was {what:?}\n{out}\n{err}");
            pause(Duration::from_millis(5));
        }
    }

    /// Sends a signal, such as `INT`.
    #[cfg(unix)]
    pub(super) fn signal(&self, name: &str) {
        // `kill` of the shell: the standard library knows SIGKILL only.
        let sent = Command::new("sh")
            .args(["-c", &format!("kill -{name} {}", self.id())])
            .status()
            .unwrap();
        assert!(sent.success(), "kill -{name}");
    }

    /// Kills it, which gives it no chance to say or do anything more.
    pub(super) fn kill(mut self) -> Ended {
        // It may have ended by itself a moment ago.
        drop(self.child.kill());
        self.finished()
    }

    /// Waits for its end.
    pub(super) fn wait(mut self) -> Ended {
        let deadline = Instant::now() + PATIENCE;
        while self.child.try_wait().unwrap().is_none() {
            if Instant::now() >= deadline {
                self.child.kill().unwrap();
                let ended = self.finished();
                panic!("it did not end\n{}\n{}", ended.out, ended.err);
            }
            pause(Duration::from_millis(5));
        }
        self.finished()
    }

    fn finished(&mut self) -> Ended {
        let status = self.child.wait().unwrap();
        #[cfg(unix)]
        let signal = std::os::unix::process::ExitStatusExt::signal(&status);
        #[cfg(not(unix))]
        let signal = None;
        Ended { code: status.code(), signal, out: self.text("out"), err: self.text("err") }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// How a process ended, and what it printed.
#[derive(Debug)]
pub(super) struct Ended {
    /// None after a signal.
    pub(super) code: Option<i32>,
    /// The signal that ended it.
    pub(super) signal: Option<i32>,
    pub(super) out: String,
    pub(super) err: String,
}

impl Ended {
    /// Asserts the exit code, and that nothing broke on the way.
    #[track_caller]
    pub(super) fn with(self, code: i32) -> Self {
        assert_eq!(self.code, Some(code), "stdout: {}\nstderr: {}", self.out, self.err);
        assert!(!self.err.contains("panicked"), "{}", self.err);
        self
    }

    /// Asserts that stderr holds `text`.
    #[track_caller]
    pub(super) fn says(self, text: &str) -> Self {
        assert!(self.err.contains(text), "{text:?} is not in: {}", self.err);
        self
    }

    /// Asserts that stdout holds `text`.
    #[track_caller]
    pub(super) fn prints(self, text: &str) -> Self {
        assert!(self.out.contains(text), "{text:?} is not in: {}", self.out);
        self
    }

    /// Stdout as one JSON document.
    #[track_caller]
    pub(super) fn json(&self) -> Value {
        serde_json::from_str(&self.out).unwrap_or_else(|error| panic!("{error}: {}", self.out))
    }
}

/// Lets time pass where another process is waited for.
#[expect(clippy::disallowed_methods, reason = "no runtime here that could be blocked")]
pub(super) fn pause(time: Duration) {
    std::thread::sleep(time);
}
