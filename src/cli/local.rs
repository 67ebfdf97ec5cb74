//! `construct local`: serves the local AWS until Ctrl-C, or the signal that ends a container.

use std::path::Path;

use construct_local::{
    Delays, Effect, FaultFile, FaultPlan, LocalAws, Opened, Options, Rule, server,
};
use tokio::net::TcpListener;

use super::{ExitCode, Failure, LocalArguments};
use crate::ui::Ui;

/// Runs the command.
///
/// # Errors
/// When another process owns the state, the port is taken, or the folder cannot be used.
pub async fn run(arguments: &LocalArguments, ui: &Ui) -> Result<ExitCode, Failure> {
    let folder = crate::session::folder_of(&arguments.manifest).join(".local-aws");
    let faults = arguments.faults.as_deref().map(read_faults).transpose()?.unwrap_or_default();
    let usual = if arguments.relaxed { Delays::none() } else { Delays::default() };
    let options = Options {
        port: arguments.port,
        record_to: arguments.record.clone(),
        internet: arguments.internet,
        delays: faults.delays.unwrap_or(usual),
        faults: FaultPlan::seeded(faults.seed, faults.rules),
        strict_permissions: !arguments.relaxed,
        ..Options::default()
    };
    let opened = LocalAws::open(&folder, options).map_err(|error| {
        Failure::of(ExitCode::Locked, &error)
            .hint("end the construct that works on it, then run again")
    })?;
    let aws = match opened {
        Opened::Owner(aws) => aws,
        Opened::Served { address } => {
            return Err(Failure::new(
                ExitCode::Locked,
                format!("the local AWS is served already, at {address}"),
            )
            .hint(format!("use it: AWS_ENDPOINT_URL=http://{address}")));
        }
    };
    if !arguments.latency.is_zero() {
        let milliseconds = u64::try_from(arguments.latency.as_millis()).unwrap_or(u64::MAX);
        aws.faults().add(Rule::every_call(Effect::Latency(milliseconds)));
    }
    let port = aws.port();
    let listener = TcpListener::bind(("127.0.0.1", port)).await.map_err(|error| {
        Failure::of(ExitCode::Usage, &error)
            .cause(format!("port {port} of 127.0.0.1 cannot be listened on"))
            .hint("choose another with --port; the URLs that were given out before will then no longer hold")
    })?;
    ui.out(&format!("The local AWS listens at http://127.0.0.1:{port}"));
    ui.err(&format!(
        "Its state is in {}.\nUse it with --local, or from any AWS tool:\n  \
         export AWS_ENDPOINT_URL=http://127.0.0.1:{port} AWS_ACCESS_KEY_ID=local AWS_SECRET_ACCESS_KEY=local\n\
         Ctrl-C ends it and keeps the state.",
        folder.display()
    ));
    server::serve(aws, listener, super::signals::asked_to_end())
        .await
        .map_err(|error| Failure::of(ExitCode::Bug, &error))?;
    Ok(ExitCode::Done)
}

/// Reads what is to go wrong.
fn read_faults(path: &Path) -> Result<FaultFile, Failure> {
    let wrong = |why: String| {
        Failure::usage(format!("{} is no file of faults: {why}", path.display()))
            .hint("docs/local-aws.md says what stands in it")
    };
    let text = std::fs::read_to_string(path).map_err(|error| wrong(error.to_string()))?;
    toml::from_str(&text).map_err(|error| wrong(error.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The file that the documentation shows.
    fn documented() -> String {
        let page = include_str!("../../docs/local-aws.md");
        let (_, after) = page.split_once("```toml\nseed").unwrap();
        format!("seed{}", after.split("```").next().unwrap())
    }

    #[test]
    fn the_documented_file_is_read() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("faults.toml");
        std::fs::write(&path, documented()).unwrap();
        let file = read_faults(&path).unwrap();
        assert_eq!((file.seed, file.delays.unwrap().iam_propagation_ms), (7, 60_000));
        assert!(file.rules.len() >= 5);
    }

    #[test]
    fn a_wrong_file_is_refused_with_the_place() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("faults.toml");
        std::fs::write(&path, "[[rule]]\neffect = \"explode\"\n").unwrap();
        let refused = read_faults(&path).unwrap_err();
        assert!(refused.message.contains("line 2"), "{}", refused.message);
        assert!(read_faults(&folder.path().join("none.toml")).is_err());
    }
}
