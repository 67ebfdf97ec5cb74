//! The bootstrap of both functions of the front.

use construct_front::runtime::{RuntimeError, serve};
use construct_front::{Role, answer};

fn main() -> Result<(), RuntimeError> {
    let variable = |name| std::env::var(name).map_err(|_unset| RuntimeError::Environment(name));
    let role =
        Role::of_handler(&variable("_HANDLER")?).ok_or(RuntimeError::Environment("_HANDLER"))?;
    serve(&variable("AWS_LAMBDA_RUNTIME_API")?, |event| answer(role, event))
}
