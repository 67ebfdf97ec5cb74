//! What a doctor found, as text: one heading a check, one line a finding, and below it why it matters and what to do.

use std::fmt::Write as _;

use super::Paint;
use crate::doctor::{Checked, Diagnosis, Finding, Hop, Outcome};

/// The width of the column with the outcomes.
const COLUMN: usize = 9;

/// The whole of it. Every text says the same without colour.
pub fn diagnosis_text(diagnosis: &Diagnosis, paint: Paint) -> String {
    let mut text = format!("Stack {}, Region {}", diagnosis.stack, diagnosis.region);
    if let Some(place) = &diagnosis.place {
        write!(text, ", {place}").expect("a String takes all text");
    }
    text.push('\n');
    for checked in &diagnosis.checks {
        check(&mut text, checked, paint);
    }
    text.push_str(&ending(diagnosis));
    text
}

fn check(text: &mut String, checked: &Checked, paint: Paint) {
    writeln!(text, "\n{}", paint.bold(checked.check)).expect("a String takes all text");
    for one in &checked.findings {
        finding(text, one, paint);
    }
    let mut gateways: Vec<Option<&str>> =
        checked.hops.iter().map(|hop| hop.gateway.as_deref()).collect();
    gateways.dedup();
    for gateway in gateways {
        let hops = checked.hops.iter().filter(|hop| hop.gateway.as_deref() == gateway);
        let hops: Vec<String> = hops.map(hop_text).collect();
        let label = gateway.map_or_else(String::new, |name| format!("{name}: "));
        writeln!(text, "  {:<COLUMN$}  {label}{}", "times", hops.join(", "))
            .expect("a String takes all text");
    }
}

fn hop_text(hop: &Hop) -> String {
    format!("{} {} ms", hop.name, hop.milliseconds)
}

fn finding(text: &mut String, finding: &Finding, paint: Paint) {
    let word = match finding.outcome {
        Outcome::Fine => "ok",
        Outcome::Wrong => "wrong",
        Outcome::ByHand => "by hand",
        Outcome::NotTried => "not tried",
    };
    let padded = format!("{word:<COLUMN$}");
    let painted = match finding.outcome {
        Outcome::Fine => paint.green(&padded),
        Outcome::Wrong => paint.red(&padded),
        Outcome::ByHand | Outcome::NotTried => paint.yellow(&padded),
    };
    let indent = " ".repeat(COLUMN + 4);
    let mut lines = finding.what.lines();
    let mut put = |line: &str| writeln!(text, "{line}").expect("a String takes all text");
    put(&format!("  {painted}  {}", lines.next().unwrap_or_default()));
    lines.for_each(|line| put(&format!("{indent}{line}")));
    for (label, part) in [("why", &finding.why), ("do", &finding.todo)] {
        for (index, line) in part.iter().flat_map(|part| part.lines()).enumerate() {
            let label = if index == 0 { format!("{label}:") } else { String::new() };
            put(&format!("{indent}{label:<4} {line}"));
        }
    }
}

fn ending(diagnosis: &Diagnosis) -> String {
    let count = |outcome| diagnosis.count(outcome);
    format!(
        "\n{} ok, {} wrong, {} to see to by hand, {} not tried.",
        count(Outcome::Fine),
        count(Outcome::Wrong),
        count(Outcome::ByHand),
        count(Outcome::NotTried)
    )
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn each_finding_says_what_why_and_what_to_do() {
        let checks = vec![
            Checked::new("clock", vec![Finding::fine("0 s off")]),
            Checked {
                hops: vec![
                    Hop::new("dns", Some("a"), Duration::from_micros(1_240)),
                    Hop::new("connect", Some("a"), Duration::from_millis(20)),
                    Hop::new("dns", Some("b"), Duration::from_millis(3)),
                ],
                ..Checked::new(
                    "login",
                    vec![
                        Finding::wrong("no tools", "clients expect some", "look\nthere"),
                        Finding::not_tried("a token", "none was given", "give one"),
                    ],
                )
            },
        ];
        let diagnosis = Diagnosis {
            stack: "acme".to_owned(),
            region: "us-west-2".to_owned(),
            account: None,
            place: Some(crate::report::Place::Local),
            lacks_credentials: false,
            checks,
        };
        assert_eq!(
            diagnosis_text(&diagnosis, Paint::PLAIN),
            "Stack acme, Region us-west-2, local AWS

clock
  ok         0 s off

login
  wrong      no tools
             why: clients expect some
             do:  look
                  there
  not tried  a token
             why: none was given
             do:  give one
  times      a: dns 1.2 ms, connect 20 ms
  times      b: dns 3 ms

1 ok, 1 wrong, 0 to see to by hand, 1 not tried."
        );
        assert!(diagnosis_text(&diagnosis, Paint::COLOUR).contains("\u{1b}["));
    }
}
