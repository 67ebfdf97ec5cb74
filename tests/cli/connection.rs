//! Credentials that do not serve, and endpoints that nobody answers at.

use std::time::{Duration, Instant};

use super::project::{Project, Running};
use super::raw_store::inventory;
use super::served::{Served, on_aws};

/// How soon a person hears of it, retries included, on a busy machine.
const SOON: Duration = Duration::from_secs(20);

const COMMANDS: [&str; 4] = ["plan", "up --yes", "status", "cleanup --yes"];

#[test]
fn expired_credentials() {
    let (project, account) = (Project::starter_without_look_ups(), Project::starter());
    let served = Served::start(&account, "");
    let before = project.files();
    for line in COMMANDS {
        let mut command = served.command(&project, line);
        let ended = Running::start(command.env("AWS_ACCESS_KEY_ID", "EXPIRED")).wait().with(8);
        assert_eq!(ended.out, "");
        ended
            .says("expired")
            .says("code: ExpiredToken")
            .says("request id: ")
            .says("hint: renew the credentials");
        assert_eq!(project.files(), before, "{line}");
    }
    assert_eq!(inventory(&account), [""; 0]);
}

#[test]
fn no_credentials_at_all() {
    let project = Project::starter_without_look_ups();
    let before = project.files();
    for line in COMMANDS {
        let started = Instant::now();
        let mut command = on_aws(&project, line);
        command.env_remove("AWS_ACCESS_KEY_ID").env_remove("AWS_SECRET_ACCESS_KEY");
        // Were it to go on without, it would find nobody there.
        let ended =
            Running::start(command.env("AWS_ENDPOINT_URL", "http://127.0.0.1:1")).wait().with(8);
        assert!(started.elapsed() < SOON, "{:?}", started.elapsed());
        ended.says("no usable AWS credentials").says("aws sso login");
        assert_eq!(project.files(), before, "{line}");
    }
}

#[test]
fn a_profile_that_is_not_there() {
    let project = Project::starter_without_look_ups();
    let mut command = on_aws(&project, "plan");
    command.env_remove("AWS_ACCESS_KEY_ID").env_remove("AWS_SECRET_ACCESS_KEY");
    command.env("AWS_PROFILE", "nobody").env("AWS_ENDPOINT_URL", "http://127.0.0.1:1");
    Running::start(&mut command)
        .wait()
        .with(8)
        .says("no usable AWS credentials")
        .says("AWS_PROFILE");
}

#[test]
fn an_endpoint_that_refuses_connections() {
    let project = Project::starter_without_look_ups();
    let before = project.files();
    for line in COMMANDS {
        let started = Instant::now();
        let mut command = on_aws(&project, line);
        let ended =
            Running::start(command.env("AWS_ENDPOINT_URL", "http://127.0.0.1:1")).wait().with(5);
        assert!(started.elapsed() < SOON, "{:?}", started.elapsed());
        ended
            .says("Connection refused")
            .says("operation: GetCallerIdentity")
            .says("AWS_ENDPOINT_URL");
        assert_eq!(project.files(), before, "{line}");
    }
}

/// How AWS shows a Region that does not exist: its host names do not resolve.
#[test]
fn a_region_whose_names_do_not_resolve() {
    let project = Project::starter_without_look_ups();
    let started = Instant::now();
    let mut command = on_aws(&project, "plan");
    command.env("AWS_ENDPOINT_URL", "http://sts.xx-nowhere-1.invalid");
    Running::start(&mut command).wait().with(5).says("could not be sent").says("the Region's name");
    assert!(started.elapsed() < SOON, "{:?}", started.elapsed());
}

/// How AWS shows a Region without one of the services: the account is told, and that service's host is not there.
#[test]
fn a_region_without_the_service() {
    let (project, account) = (Project::starter_without_look_ups(), Project::starter());
    let served = Served::start(&account, "");
    let before = project.files();
    let mut command = served.command(&project, "plan");
    command
        .env("AWS_ENDPOINT_URL_BEDROCK_AGENTCORE_CONTROL", "http://agentcore.xx-nowhere-1.invalid");
    let ended = Running::start(&mut command).wait().with(5);
    ended.says("could not be sent").says("the service may not exist in this Region");
    assert_eq!(project.files(), before);
    assert_eq!(inventory(&account), [""; 0]);
}

/// A made-up Region is no error where an endpoint is given: whoever answers there decides.
#[test]
fn a_made_up_region_with_an_endpoint_is_the_endpoints_matter() {
    let (project, account) = (Project::starter_without_look_ups(), Project::starter());
    project.edit("construct.toml", "\"us-west-2\"", "\"us-west-9\"");
    let served = Served::start(&account, "");
    served.run(&project, "plan --check").with(4).prints("Region us-west-9");
}

#[test]
fn an_endpoint_that_is_no_aws() {
    let project = Project::starter_without_look_ups();
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let server = std::thread::spawn(move || {
        use std::io::{Read, Write};
        // As many attempts as the program makes; the last connection is the test's own.
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let mut request = [0; 4096];
            if stream.read(&mut request).unwrap() == 0 {
                return;
            }
            let body = "<html>It works!</html>";
            let length = body.len();
            write!(
                stream,
                "HTTP/1.1 200 OK\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{body}"
            )
            .unwrap();
        }
    });
    let mut command = on_aws(&project, "plan");
    let ended = Running::start(command.env("AWS_ENDPOINT_URL", format!("http://{address}"))).wait();
    drop(std::net::TcpStream::connect(address).unwrap());
    server.join().unwrap();
    assert!(ended.code == Some(5) || ended.code == Some(8), "{ended:?}");
    assert!(ended.err.contains("GetCallerIdentity"), "{}", ended.err);
}
