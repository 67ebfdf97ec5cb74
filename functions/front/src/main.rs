//! The bootstrap of the front's functions.

use std::error::Error;
use std::process::ExitCode;
use std::sync::Arc;

use construct_front::aws::Aws;
use construct_front::clock::Clock;
use construct_front::config::Config;
use construct_front::log::Log;
use construct_front::runtime::{RuntimeError, serve};
use construct_front::{Front, Role};

fn main() -> ExitCode {
    let Err(error) = run() else { return ExitCode::SUCCESS };
    let reason = serde_json::json!({ "error": error.to_string() });
    Log::stdout().line("error", "", "function_ended", reason);
    ExitCode::FAILURE
}

fn run() -> Result<(), Box<dyn Error>> {
    let variable = |name: &str| std::env::var(name).ok();
    let handler = variable("_HANDLER").ok_or(RuntimeError::Environment("_HANDLER"))?;
    let role = Role::of_handler(&handler).ok_or(RuntimeError::Environment("_HANDLER"))?;
    let api = variable("AWS_LAMBDA_RUNTIME_API")
        .ok_or(RuntimeError::Environment("AWS_LAMBDA_RUNTIME_API"))?;
    let config = Config::read(variable)?;
    let aws = Aws::new(&config.region, variable);
    let front = Arc::new(Front::new(role, config, aws, (Clock::system(), Log::stdout())));
    front.warm();
    serve(&api, &front)?;
    Ok(())
}
