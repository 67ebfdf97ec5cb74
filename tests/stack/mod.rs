//! Whole stacks on a local AWS in this process, judged by its raw store and its call log.

mod adoption;
mod changes;
mod chaos;
mod cognito;
mod conformance;
mod door;
mod drift;
mod first_up;
mod gateways;
mod harness;
mod http_targets;
mod lock;
mod packages;
mod parts;
mod policies;
mod portal;
mod providers;
mod retries;
mod runtimes;
mod scene;
mod secrets;
mod store;
mod sweep;
mod targets;
mod throttling;
mod two_stacks;
