//! One sign of health, tried once or until it passes.
//!
//! It knows the four kinds of probe and how each is named; how each is tried is next door. A name goes to the
//! journal and into messages, so it holds no password of an address, no query, and of a command the first word only
//! (I3). A probe asks and changes nothing, as far as the configured command keeps to that, so it may be tried again.

use std::time::Duration;

use super::{health, http, tcp};
use crate::config::{Check, Page, ProbeConfig};
use crate::error::{Error, Kind, Result};
use crate::process::{self, Deadline, Site};

/// No try gets less: the last one would only put "no answer within 3ms" in place of the true reason.
const LEAST: Duration = Duration::from_secs(1);

/// How long a look beforehand may take.
const BEFORE: Duration = Duration::from_secs(5);

/// Tries a probe once, within the limit; the error is the reason why it does not pass.
pub fn check(probe: &Check, site: &Site, project: Option<&str>, limit: Duration) -> Result<()> {
    match probe {
        Check::Http(page) if has_user(&page.url) => {
            Err(Error::usage("the address holds a user name, which is not sent")
                .hint("reseal.toml holds no secret: probe a page that needs no login, or use a command"))
        }
        Check::Http(page) => http::check(page, limit),
        Check::Tcp(address) => tcp::check(address, limit),
        Check::Compose(services) => health::check(services, site, project, &Deadline::new(limit)),
        Check::Command(words) => command(words, site, limit),
    }
}

/// One look beforehand, without effect: a command is not run, because what it does is not known, and a page is asked for
/// once.
pub fn glance(probe: &ProbeConfig, site: &Site, project: Option<&str>) -> Result<()> {
    match &probe.check {
        Check::Command(words) => words
            .first()
            .map_or(Ok(()), |word| process::program(word, site).map(drop))
            .map_err(|e| e.context(format!("probe {}", name(&probe.check)))),
        Check::Http(page) => {
            let once = Check::Http(Page { requests: 1, ..page.clone() });
            check(&once, site, project, BEFORE).map_err(|e| e.context(format!("probe {}", name(&once))))
        }
        other => check(other, site, project, BEFORE).map_err(|e| e.context(format!("probe {}", name(other)))),
    }
}

/// Tries a probe until it passes or its time is over. What no further try can mend ends it at once.
pub fn wait(probe: &ProbeConfig, site: &Site, project: Option<&str>) -> Result<()> {
    let deadline = Deadline::new(probe.within);
    let mut pause = Duration::from_millis(50);
    loop {
        let Err(reason) = check(&probe.check, site, project, deadline.left().max(LEAST)) else {
            return Ok(());
        };
        let (kind, what) = parts(&probe.check);
        if reason.kind() == Kind::Usage {
            return Err(reason.context(format!("probe {kind} {what:?}")));
        }
        if deadline.left() <= pause {
            return Err(reason.context(format!("probe {kind} {what:?} failed for {:?}", probe.within)));
        }
        std::thread::sleep(pause);
        pause = (pause * 2).min(Duration::from_secs(1));
    }
}

/// A short name that stays the same, for the journal and for messages, e.g. `http http://127.0.0.1:8000/health`.
pub fn name(check: &Check) -> String {
    let (kind, what) = parts(check);
    format!("{kind} {what}")
}

fn parts(check: &Check) -> (&'static str, String) {
    match check {
        Check::Http(page) => ("http", without_secrets(&page.url)),
        Check::Tcp(address) => ("tcp", without_secrets(address)),
        Check::Compose(services) => ("compose", services.join(", ")),
        Check::Command(words) => ("command", words.first().cloned().unwrap_or_default()),
    }
}

fn command(words: &[String], site: &Site, limit: Duration) -> Result<()> {
    let advice = "check `command` under [[probe]] in reseal.toml";
    let Some((word, rest)) = words.split_first() else {
        return Err(Error::usage("the command is empty").hint(advice));
    };
    let program = process::program(word, site).map_err(|error| match error.advice() {
        Some(_) => error,
        None => error.hint(advice),
    })?;
    let args: Vec<&str> = rest.iter().map(String::as_str).collect();
    process::run(site, &program, &args, &Deadline::new(limit), &|_| {})
}

/// Where the host of an address begins, and where it ends.
fn authority(address: &str) -> (usize, usize) {
    let start = address.find("://").map_or(0, |at| at + 3);
    let end = address[start..].find(['/', '?', '#']).map_or(address.len(), |at| start + at);
    (start, end)
}

fn has_user(address: &str) -> bool {
    let (start, end) = authority(address);
    address[start..end].contains('@')
}

/// The address without user name, password, query and fragment.
fn without_secrets(address: &str) -> String {
    let (start, end) = authority(address);
    let host = address[start..end].rsplit('@').next().unwrap_or_default();
    let port = host.rsplit_once(':').map_or("", |(_, port)| port);
    // a password with a slash makes no valid address, but must not be shown either: cut up to the last `@` then
    let reach = if port.chars().all(|c| c.is_ascii_digit() || c == ']') { end } else { address.len() };
    let host = address[start..reach].rfind('@').map_or(start, |at| start + at + 1);
    let shown = &address[host..];
    let shown = shown.find(['?', '#']).map_or(shown, |at| &shown[..at]);
    format!("{}{shown}", &address[..start])
}

#[cfg(test)]
mod tests {
    use std::net::TcpListener;
    use std::time::Instant;

    use super::super::testing::{Folder, words};
    use super::*;

    fn http(url: &str) -> Check {
        Check::Http(Page { url: url.to_owned(), status: None, body: None, latency: None, requests: 1 })
    }

    fn probe(check: Check, within: Duration) -> ProbeConfig {
        ProbeConfig { check, within, after: None }
    }

    #[test]
    fn names_hold_no_password_and_no_token() {
        for (url, shown) in [
            ("http://127.0.0.1:8000/health", "http http://127.0.0.1:8000/health"),
            ("http://[::1]:8000/health", "http http://[::1]:8000/health"),
            ("http://[::1]/@me", "http http://[::1]/@me"),
            ("https://user:pass@host/a@b", "http https://host/a@b"),
            ("https://user:p@ss@host:1/", "http https://host:1/"),
            ("https://user:pa/ss@host/", "http https://host/"),
            ("https://user:pa?ss@host/", "http https://host/"),
            ("http://host/health?token=t#f", "http http://host/health"),
            ("user:pass@host", "http host"),
        ] {
            assert_eq!(name(&http(url)), shown);
        }
        assert_eq!(name(&Check::Tcp("db:5432".to_owned())), "tcp db:5432");
        assert_eq!(name(&Check::Compose(words(&["api", "db"]))), "compose api, db");
        assert_eq!(name(&Check::Command(words(&["make", "s3cret"]))), "command make");
    }

    #[test]
    fn a_command_passes_with_exit_code_zero_within_the_limit() {
        let folder = Folder::new();
        let sh = |script| Check::Command(words(&["sh", "-c", script]));
        let limit = Duration::from_millis(500);
        check(&sh("exit 0"), &folder.site(), None, limit).unwrap();
        let error = check(&sh("exit 1"), &folder.site(), None, limit).unwrap_err();
        assert_eq!(error.to_string(), "\"sh\" ended with exit code 1");
        let error = check(&sh("sleep 9"), &folder.site(), None, limit).unwrap_err();
        assert_eq!(error.to_string(), "\"sh\" was still running after 500ms and was stopped");
        let error = check(&Check::Command(words(&["./none"])), &folder.site(), None, limit).unwrap_err();
        assert_eq!(error.advice(), Some("check `command` under [[probe]] in reseal.toml"));
    }

    #[test]
    fn waiting_ends_when_it_passes() {
        let folder = Folder::new();
        // passes at the third try
        let check = Check::Command(words(&["sh", "-c", "echo >>tries; test $(wc -l <tries) -ge 3"]));
        wait(&probe(check, Duration::from_secs(600)), &folder.site(), None).unwrap();
        assert_eq!(folder.read("tries").lines().count(), 3);
    }

    #[test]
    fn waiting_ends_with_the_last_reason() {
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let url = format!("http://127.0.0.1:{port}/health?token=t");
        let within = Duration::from_millis(400);
        let folder = Folder::new();
        let error = wait(&probe(http(&url), within), &folder.site(), None).unwrap_err();
        assert_eq!(
            error.to_string(),
            format!("probe http \"http://127.0.0.1:{port}/health\" failed for 400ms: connection refused")
        );
    }

    #[test]
    fn what_waiting_cannot_mend_ends_at_once() {
        let began = Instant::now();
        let folder = Folder::new();
        for check in [http("http://u:s3cret@h/"), Check::Tcp("db".to_owned()), Check::Command(vec![])] {
            let probe = probe(check, Duration::from_secs(600));
            let error = wait(&probe, &folder.site(), None).unwrap_err();
            assert!(!error.to_string().contains("s3cret"), "{error}");
        }
        assert!(began.elapsed() < Duration::from_secs(60));
    }
}
