//! construct stands up, keeps and takes down an OAuth-protected MCP gateway on Amazon Bedrock AgentCore.
//!
//! [`manifest`] reads what is wanted, [`blueprint`] turns it into a graph of [`steps`], the engine carries it out against a
//! [`cloud`], and [`report`] and [`outputs`] show what came of it. [`cli`] is the terminal's side.

pub mod account;
pub mod blueprint;
pub mod cli;
pub mod clients;
pub mod cloud;
pub mod doctor;
pub mod draw;
pub mod environment;
pub mod front;
pub mod manifest;
pub mod mcp_server;
pub mod openapi;
pub mod outputs;
pub mod package;
pub mod people;
pub mod policy;
pub mod prepare;
pub mod proxy;
pub mod report;
pub mod session;
pub mod steps;
pub mod ui;
mod wire;
