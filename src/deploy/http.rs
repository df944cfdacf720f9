//! One GET of a health page: 2xx and 3xx pass.
//!
//! A redirect passes without being followed, since an answer was given and where it points need not be up yet. Proxies
//! of the environment are not used: a probe is for this machine's own services. The reason of a failure is the status
//! or the kind of network error, never the body and never the address, which may hold a token.

use std::time::Duration;

use ureq::Agent;

use crate::error::{Error, Result};

/// A single try never takes longer, so that one lost packet does not use up the whole time of a probe.
pub(super) const TRY: Duration = Duration::from_secs(5);

/// Fetches the page's status within the limit.
pub(super) fn check(url: &str, limit: Duration) -> Result<()> {
    let limit = limit.min(TRY);
    let agent: Agent = Agent::config_builder()
        .timeout_global(Some(limit))
        .http_status_as_error(false)
        .max_redirects(0)
        .proxy(None)
        .user_agent(concat!("reseal/", env!("CARGO_PKG_VERSION")))
        .build()
        .into();
    match agent.get(url).call().map(|answer| answer.status().as_u16()) {
        Ok(200..=399) => Ok(()),
        Ok(status) => Err(Error::failed(format!("status {status}"))),
        Err(error) => Err(reason(&error, limit)),
    }
}

/// In own words: ureq's may quote the address.
fn reason(error: &ureq::Error, limit: Duration) -> Error {
    match error {
        ureq::Error::Timeout(_) => Error::failed(format!("no answer within {limit:?}")),
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
    fn served(answer: Option<&'static str>) -> String {
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
        format!("http://{address}/health")
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
        let error = check(&format!("http://127.0.0.1:{port}/health"), LONG).unwrap_err();
        assert_eq!(error.to_string(), "connection refused");
    }

    #[test]
    fn what_is_no_address_is_the_configurations_fault() {
        for url in ["", "health", "http://", "/health"] {
            assert_eq!(check(url, LONG).unwrap_err().kind(), Kind::Usage, "{url:?}");
        }
    }
}
