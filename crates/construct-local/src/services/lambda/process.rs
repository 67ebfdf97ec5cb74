//! One execution environment: a function's code unpacked into a directory of its own and the
//! process that runs it, fed through its Runtime API. Dropping it kills the process and removes
//! the directory.

use std::collections::BTreeMap;
use std::io::{Cursor, ErrorKind};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use tempfile::TempDir;
use tokio::io::{AsyncRead, AsyncReadExt};
use tokio::process::{Child, Command};

use super::runtime_api::{Event, RuntimeApi, Said};

/// The service returns the last 4 KB of the log with an invocation that asks for its tail.
const TAIL_BYTES: usize = 4096;
/// Kept between invocations: enough for the tail of a talkative one.
const LOG_BYTES: usize = 64 * 1024;
/// A log that says nothing for so long has said all.
const QUIET: Duration = Duration::from_millis(15);
const PYTHON_RUNNER: &str = include_str!("runner.py");

/// What a function is started with.
pub(super) struct Program {
    /// For example `provided.al2023` or `python3.13`.
    pub(super) runtime: String,
    /// The zip the function was created with.
    pub(super) zip: Bytes,
    /// The whole environment of the process, but for what only the start knows.
    pub(super) environment: BTreeMap<String, String>,
}

/// How one event ended.
pub(super) enum Ended {
    /// The function answered.
    Answer(Bytes),
    /// The function reported an error (its own document); the process lives on.
    Error(Bytes),
    /// The process is gone or has to go; a type and a sentence for the error document.
    Broken(&'static str, String),
}

/// A function that cannot be started here.
#[derive(Debug, thiserror::Error)]
pub(super) enum StartError {
    /// Nothing on this machine runs it.
    #[error("the local AWS runs python3 and provided runtimes, not {0}")]
    Runtime(String),
    /// A provided runtime without the file `bootstrap`.
    #[error("couldn't find valid bootstrap(s): [/var/task/bootstrap /opt/bootstrap]")]
    NoBootstrap,
    /// The zip cannot be unpacked.
    #[error("the deployment package cannot be unpacked: {0}")]
    Zip(#[from] zip::result::ZipError),
    /// The operating system refused.
    #[error("the function cannot be started: {0}")]
    Io(#[from] std::io::Error),
}

/// A running function, ready for one event at a time.
#[derive(Debug)]
pub(super) struct Process {
    child: Child,
    api: RuntimeApi,
    log: Arc<Mutex<String>>,
    // Removed when the process is dropped; the field is never read.
    _directory: TempDir,
}

impl Process {
    /// Unpacks the code below `place`, or below the system's folder for what is temporary, and starts it.
    ///
    /// # Errors
    /// See [`StartError`].
    pub(super) async fn start(program: &Program, place: Option<&Path>) -> Result<Self, StartError> {
        let directory = folder(place)?;
        let task_root = directory.path().join("task");
        unpack(program.zip.clone(), task_root.clone()).await?;
        let api = RuntimeApi::start().await?;
        let mut command = command(&program.runtime, &task_root, directory.path()).await?;
        command
            .current_dir(&task_root)
            .env_clear()
            .envs(&program.environment)
            .env("AWS_LAMBDA_RUNTIME_API", api.address())
            .env("LAMBDA_TASK_ROOT", &task_root)
            .env("LAMBDA_RUNTIME_DIR", directory.path())
            .env("PATH", std::env::var_os("PATH").unwrap_or_else(|| "/usr/bin:/bin".into()))
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true);
        let mut child = spawn(&mut command).await?;
        let log = Arc::new(Mutex::new(String::new()));
        if let Some(stdout) = child.stdout.take() {
            tokio::spawn(collect(stdout, Arc::clone(&log)));
        }
        if let Some(stderr) = child.stderr.take() {
            tokio::spawn(collect(stderr, Arc::clone(&log)));
        }
        Ok(Self { child, api, log, _directory: directory })
    }

    /// Gives the function one event and waits for its answer: at most `limit`, and `allowance`
    /// more where it still has to start.
    pub(super) async fn handle(
        &mut self,
        event: Event,
        limit: Duration,
        allowance: Duration,
    ) -> Ended {
        self.log.lock().unwrap_or_else(PoisonError::into_inner).clear();
        let request_id = event.request_id.clone();
        let said = self.api.send(event).await;
        tokio::select! {
            // An answer that is there wins over a process that ended right after giving it.
            biased;
            said = said => match said {
                Ok(Said::Response(body)) => Ended::Answer(body),
                Ok(Said::Error(body)) => Ended::Error(body),
                Err(_) => Ended::Broken(
                    "Runtime.ExitError",
                    format!("RequestId: {request_id} Error: Runtime exited without providing a reason"),
                ),
            },
            status = self.child.wait() => match self.api.take_start_error() {
                Some(document) => Ended::Error(document),
                None => Ended::Broken("Runtime.ExitError", exit_sentence(&request_id, status)),
            },
            () = tokio::time::sleep(limit + allowance) => Ended::Broken(
                "Sandbox.Timedout",
                format!(
                    "RequestId: {request_id} Error: Task timed out after {:.2} seconds",
                    limit.as_secs_f64()
                ),
            ),
        }
    }

    /// Whether the process still runs.
    pub(super) fn is_alive(&mut self) -> bool {
        matches!(self.child.try_wait(), Ok(None))
    }

    /// Waits until nothing more of the log arrives: what was written before an answer may come
    /// after it, as the two travel on different ways.
    pub(super) async fn drain_log(&self) {
        let length = || self.log.lock().unwrap_or_else(PoisonError::into_inner).len();
        loop {
            let before = length();
            tokio::time::sleep(QUIET).await;
            if length() == before {
                return;
            }
        }
    }

    /// The last 4 KB the function wrote during its last event.
    pub(super) fn log_tail(&self) -> String {
        let log = self.log.lock().unwrap_or_else(PoisonError::into_inner);
        let mut start = log.len().saturating_sub(TAIL_BYTES);
        while !log.is_char_boundary(start) {
            start += 1;
        }
        log[start..].to_owned()
    }
}

/// A folder of its own. Where the state is on disk it is beside it, so that it is found again when nobody could remove it.
fn folder(place: Option<&Path>) -> std::io::Result<TempDir> {
    let mut builder = tempfile::Builder::new();
    let builder = builder.prefix("construct-fn-");
    match place {
        Some(place) => {
            std::fs::create_dir_all(place)?;
            builder.tempdir_in(place)
        }
        None => builder.tempdir(),
    }
}

fn exit_sentence(request_id: &str, status: std::io::Result<std::process::ExitStatus>) -> String {
    let how = match status.map(|status| status.code()) {
        Ok(Some(0)) => "Runtime exited without providing a reason".to_owned(),
        Ok(Some(code)) => format!("Runtime exited with error: exit status {code}"),
        Ok(None) => "Runtime exited with error: signal: killed".to_owned(),
        Err(error) => format!("Runtime exited with error: {error}"),
    };
    format!("RequestId: {request_id} Error: {how}")
}

async fn unpack(zip: Bytes, into: PathBuf) -> Result<(), StartError> {
    tokio::task::spawn_blocking(move || {
        std::fs::create_dir_all(&into)?;
        zip::ZipArchive::new(Cursor::new(zip))?.extract(&into)?;
        Ok(())
    })
    .await
    .map_err(std::io::Error::other)?
}

async fn command(runtime: &str, task_root: &Path, scratch: &Path) -> Result<Command, StartError> {
    if runtime.starts_with("provided") {
        let bootstrap = task_root.join("bootstrap");
        if !bootstrap.is_file() {
            return Err(StartError::NoBootstrap);
        }
        return Ok(Command::new(bootstrap));
    }
    if runtime.starts_with("python3") {
        let runner = scratch.join("runner.py");
        tokio::fs::write(&runner, PYTHON_RUNNER).await?;
        let mut command = Command::new("python3");
        command.arg("-u").arg(runner);
        return Ok(command);
    }
    Err(StartError::Runtime(runtime.to_owned()))
}

/// A file just written can look busy for a moment: another thread that is starting a process holds
/// a copy of our descriptor between its fork and its exec.
async fn spawn(command: &mut Command) -> std::io::Result<Child> {
    let mut attempts = 0;
    loop {
        match command.spawn() {
            Err(error) if error.kind() == ErrorKind::ExecutableFileBusy && attempts < 20 => {
                attempts += 1;
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
            done => return done,
        }
    }
}

async fn collect(mut stream: impl AsyncRead + Unpin, log: Arc<Mutex<String>>) {
    let mut buffer = [0; 4096];
    while let Ok(read @ 1..) = stream.read(&mut buffer).await {
        let mut log = log.lock().unwrap_or_else(PoisonError::into_inner);
        log.push_str(&String::from_utf8_lossy(&buffer[..read]));
        let mut surplus = log.len().saturating_sub(LOG_BYTES);
        while !log.is_char_boundary(surplus) {
            surplus += 1;
        }
        log.drain(..surplus);
    }
}
