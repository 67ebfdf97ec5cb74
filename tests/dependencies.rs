//! What the lock file may not have: another TLS than rustls with ring, in the program and in the front.

use toml::Table;

#[test]
fn tls_is_rustls_with_ring_alone() {
    let lock: Table = include_str!("../Cargo.lock").parse().unwrap();
    let packages = lock["package"].as_array().unwrap();
    let names: Vec<_> = packages.iter().map(|package| package["name"].as_str().unwrap()).collect();
    for needed in ["ring", "rustls"] {
        assert!(names.contains(&needed), "{needed} is gone: is this the right file?");
    }
    for unwanted in
        ["aws-lc-rs", "aws-lc-sys", "aws-lc-fips-sys", "openssl", "openssl-sys", "native-tls"]
    {
        assert!(!names.contains(&unwanted), "`cargo tree --invert {unwanted}` tells who brings it");
    }
}
