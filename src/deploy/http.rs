//! GETs of a health page: the status, the body and the time of every answer must be as the policy says.
//!
//! A redirect passes without being followed, since an answer was given and where it points need not be up yet. Proxies
//! of the environment are not used: a probe is for this machine's own services. The reason of a failure is the status,
//! the time or the kind of network error, never the body and never the address, which may hold a token.

use std::io::Read;
use std::time::{Duration, Instant};

use regex::bytes::Regex;
use ureq::Agent;

use crate::config::Page;
use crate::error::{Error, Result};
use crate::process::Deadline;

/// A single request never takes longer, so that one lost packet does not use up the whole time of a probe.
pub(super) const TRY: Duration = Duration::from_secs(5);

/// How much of a page is looked at.
const PAGE: u64 = 64 * 1024;

/// Asks for the page as many times as the policy says, all within the limit. The first answer that is not as it shall be
/// ends it.
pub(super) fn check(page: &Page, limit: Duration) -> Result<()> {
    let deadline = Deadline::new(limit);
    let agent: Agent = Agent::config_builder()
        .http_status_as_error(false)
        .max_redirects(0)
        .proxy(None)
        .user_agent(concat!("reseal/", env!("CARGO_PKG_VERSION")))
        .build()
        .into();
    for nth in 1..=page.requests {
        let limit = deadline.left().min(TRY);
        if limit.is_zero() {
            return Err(Error::failed(format!("{} of {} answers came in time", nth - 1, page.requests)));
        }
        ask(&agent, page, limit).map_err(|error| match page.requests {
            1 => error,
            all => error.context(format!("answer {nth} of {all}")),
        })?;
    }
    Ok(())
}

fn ask(agent: &Agent, page: &Page, limit: Duration) -> Result<()> {
    let started = Instant::now();
    let request = agent.get(&page.url).config().timeout_global(Some(limit)).build();
    let answer = request.call().map_err(|error| reason(&error, limit))?;
    let status = answer.status().as_u16();
    if !page.status.map_or((200..=399).contains(&status), |wanted| wanted == status) {
        return Err(Error::failed(format!("status {status}")));
    }
    let mut body = Vec::new();
    let read = answer.into_body().into_reader().take(PAGE).read_to_end(&mut body);
    read.map_err(|error| Error::failed(format!("the page broke off: {}", error.kind())))?;
    // a pattern was tried when the policy was read
    if page.body.as_ref().is_some_and(|body_is| !Regex::new(body_is).is_ok_and(|regex| regex.is_match(&body)))
    {
        return Err(Error::failed("the page does not match `body`"));
    }
    match page.latency {
        Some(most) if started.elapsed() > most => Err(Error::failed(format!("it took longer than {most:?}"))),
        _ => Ok(()),
    }
}

/// In own words: ureq's may quote the address.
fn reason(error: &ureq::Error, limit: Duration) -> Error {
    match error {
        ureq::Error::Timeout(_) => {
            // what is left of a limit is never a round number
            let limit = Duration::from_millis(limit.as_micros().div_ceil(1000) as u64);
            Error::failed(format!("no answer within {limit:?}"))
        }
        ureq::Error::Io(e) => Error::failed(e.kind().to_string()),
        ureq::Error::HostNotFound => Error::failed("host not found"),
        ureq::Error::Tls(why) => Error::failed(format!("no TLS connection: {why}")),
        ureq::Error::Rustls(why) => Error::failed(format!("no TLS connection: {why}")),
        ureq::Error::BadUri(_) | ureq::Error::Http(_) => {
            Error::usage("not an address").hint("check `http` under [[probe]] in reseal.toml")
        }
        _ => Error::failed("no HTTP answer"),
    }
}

#[cfg(test)]
mod tests {
    use std::io::{Read, Write};
    use std::net::TcpListener;
    use std::time::Instant;

    use super::*;
    use crate::error::Kind;

    /// Serves one connection; without an answer it keeps the connection open for a while.
    fn served(answer: Option<&'static str>) -> Page {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        std::thread::spawn(move || {
            let (mut client, _) = listener.accept().unwrap();
            let mut request = [0; 1024];
            let n = client.read(&mut request).unwrap();
            assert!(request[..n].starts_with(b"GET /health HTTP/1.1\r\n"));
            match answer {
                Some(answer) => client.write_all(answer.as_bytes()).unwrap(),
                None => std::thread::sleep(Duration::from_secs(3)),
            }
        });
        page(&format!("http://{address}/health"))
    }

    fn page(url: &str) -> Page {
        Page { url: url.to_owned(), status: None, body: None, latency: None, requests: 1 }
    }

    const LONG: Duration = Duration::from_secs(30);

    #[test]
    fn an_answer_or_a_redirect_passes() {
        for answer in [
            "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok",
            "HTTP/1.1 204 No Content\r\n\r\n",
            "HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n",
        ] {
            check(&served(Some(answer)), LONG).unwrap();
        }
    }

    #[test]
    fn the_reason_is_the_status_and_never_the_body() {
        for (answer, reason) in [
            ("HTTP/1.1 500 Oops\r\nContent-Length: 6\r\n\r\ns3cret", "status 500"),
            ("HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n", "status 404"),
            ("SSH-2.0-s3cret\r\n", "no HTTP answer"),
        ] {
            assert_eq!(check(&served(Some(answer)), LONG).unwrap_err().to_string(), reason);
        }
    }

    #[test]
    fn silence_ends_at_the_limit() {
        let began = Instant::now();
        let error = check(&served(None), Duration::from_millis(300)).unwrap_err();
        assert_eq!(error.to_string(), "no answer within 300ms");
        assert!(began.elapsed() < Duration::from_secs(60));
    }

    #[test]
    fn nobody_there_is_said() {
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let error = check(&page(&format!("http://127.0.0.1:{port}/health")), LONG).unwrap_err();
        assert_eq!(error.to_string(), "connection refused");
    }

    #[test]
    fn what_is_no_address_is_the_configurations_fault() {
        for url in ["", "health", "http://", "/health"] {
            assert_eq!(check(&page(url), LONG).unwrap_err().kind(), Kind::Usage, "{url:?}");
        }
    }
    const OK: &str = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok";

    /// Serves answers one after the other, each after its pause.
    fn serves(answers: Vec<(u64, &'static str)>) -> String {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        std::thread::spawn(move || {
            for (pause, answer) in answers {
                let (mut client, _) = listener.accept().unwrap();
                let _ = client.read(&mut [0; 1024]).unwrap();
                std::thread::sleep(Duration::from_millis(pause));
                client.write_all(answer.as_bytes()).unwrap();
            }
        });
        format!("http://{address}/health")
    }

    #[test]
    fn status_and_body_are_as_the_policy_says_or_it_fails_without_the_body() {
        let wanted = |status, body: Option<&str>| {
            let url = serves(vec![(0, OK)]);
            check(&Page { status, body: body.map(str::to_owned), ..page(&url) }, LONG)
                .map_err(|e| e.to_string())
        };
        assert_eq!(wanted(Some(200), Some("^o.$")), Ok(()));
        assert_eq!(wanted(Some(204), None), Err("status 200".to_owned()));
        assert_eq!(wanted(None, Some("ready")), Err("the page does not match `body`".to_owned()));
    }

    #[test]
    fn one_slow_answer_of_many_fails_and_is_counted() {
        let slow = Some(Duration::from_millis(1500));
        let url = serves(vec![(0, OK), (0, OK), (1800, OK)]);
        let error = check(&Page { latency: slow, requests: 3, ..page(&url) }, LONG).unwrap_err();
        assert_eq!(error.to_string(), "answer 3 of 3: it took longer than 1.5s");
        let url = serves(vec![(0, OK), (0, OK)]);
        check(&Page { latency: Some(LONG), requests: 2, ..page(&url) }, LONG).unwrap();
    }

    #[test]
    fn a_page_that_breaks_off_is_no_answer() {
        let url = serves(vec![(0, "HTTP/1.1 200 OK\r\nContent-Length: 20\r\n\r\nhalf")]);
        let error = check(&page(&url), LONG).unwrap_err().to_string();
        assert!(error.starts_with("the page broke off"), "{error}");
    }
}
