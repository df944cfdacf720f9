//! What the doubles of web services stand on: an HTTP server for one request per connection, with a reader for flat
//! JSON objects of texts.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// One request.
pub struct Request {
    pub method: String,
    pub path: String,
    /// User and value of HTTP basic authentication.
    pub login: Option<(String, String)>,
    pub bearer: Option<String>,
    pub body: String,
}

impl Request {
    /// A field of the body that holds a text.
    pub fn field(&self, name: &str) -> Option<String> {
        let start = self.body.find(&format!("\"{name}\":\""))? + name.len() + 4;
        let mut chars = self.body[start..].chars();
        let mut out = String::new();
        loop {
            match chars.next()? {
                '"' => return Some(out),
                '\\' => out.push(match chars.next()? {
                    'n' => '\n',
                    't' => '\t',
                    'u' => {
                        let digits: String = chars.by_ref().take(4).collect();
                        char::from_u32(u32::from_str_radix(&digits, 16).ok()?)?
                    }
                    other => other,
                }),
                other => out.push(other),
            }
        }
    }
}

/// A server that ends with the test.
pub struct Server {
    /// `http://127.0.0.1:port`
    pub url: String,
    stop: Arc<AtomicBool>,
}

impl Drop for Server {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        // wakes the server
        let _ = TcpStream::connect(self.url.trim_start_matches("http://"));
    }
}

/// Answers each request with a status and a body, one after the other.
pub fn serve(mut answer: impl FnMut(&Request) -> (u16, String) + Send + 'static) -> Server {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let stop = Arc::new(AtomicBool::new(false));
    let stopped = stop.clone();
    std::thread::spawn(move || {
        for client in listener.incoming() {
            if stopped.load(Ordering::Relaxed) {
                return;
            }
            let Ok(mut client) = client else { continue };
            if let Some(request) = read(&client) {
                let (status, body) = answer(&request);
                let length = body.len();
                let _ = write!(
                    client,
                    "HTTP/1.1 {status} Double\r\nContent-Type: application/json\r\nContent-Length: {length}\r\n\
                     Connection: close\r\n\r\n{body}"
                );
            }
        }
    });
    Server { url, stop }
}

fn read(client: &TcpStream) -> Option<Request> {
    let mut from = BufReader::new(client);
    let mut line = String::new();
    from.read_line(&mut line).ok()?;
    let mut words = line.split_whitespace();
    let mut request = Request {
        method: words.next()?.to_owned(),
        path: words.next()?.to_owned(),
        login: None,
        bearer: None,
        body: String::new(),
    };
    let mut length = 0;
    loop {
        let mut line = String::new();
        from.read_line(&mut line).ok()?;
        let Some((name, value)) = line.trim_end().split_once(": ") else { break };
        match name.to_ascii_lowercase().as_str() {
            "content-length" => length = value.parse().ok()?,
            "authorization" => match value.split_once(' ')? {
                ("Basic", pair) => {
                    let pair = String::from_utf8(from_base64(pair)).ok()?;
                    let (user, value) = pair.split_once(':')?;
                    request.login = Some((user.to_owned(), value.to_owned()));
                }
                (_, token) => request.bearer = Some(token.to_owned()),
            },
            _ => {}
        }
    }
    let mut body = vec![0; length];
    from.read_exact(&mut body).ok()?;
    request.body = String::from_utf8(body).ok()?;
    Some(request)
}

fn from_base64(text: &str) -> Vec<u8> {
    const DIGITS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let (mut bits, mut count, mut out) = (0u32, 0, Vec::new());
    for digit in text.bytes().filter_map(|byte| DIGITS.iter().position(|d| *d == byte)) {
        bits = bits << 6 | u32::try_from(digit).unwrap();
        count += 6;
        if count >= 8 {
            count -= 8;
            out.push((bits >> count & 0xff) as u8);
        }
    }
    out
}
