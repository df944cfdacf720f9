//! The forms in which a value is written down in files of many kinds.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};

pub fn base64(bytes: &[u8]) -> String {
    STANDARD.encode(bytes)
}

pub fn base64_url(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02x}")).collect()
}

/// Lines of `width`, as `base64` and `openssl` print them.
pub fn wrapped(text: &str, width: usize) -> String {
    let lines: Vec<&str> =
        text.as_bytes().chunks(width).filter_map(|c| std::str::from_utf8(c).ok()).collect();
    lines.join("\n")
}

fn percent(text: &str, upper: bool) -> String {
    let one = |b: u8| match b {
        b'0'..=b'9' | b'A'..=b'Z' | b'a'..=b'z' | b'-' | b'_' | b'.' | b'~' => (b as char).to_string(),
        _ if upper => format!("%{b:02X}"),
        _ => format!("%{b:02x}"),
    };
    text.bytes().map(one).collect()
}

/// A value in another form, by the name that a template has for it.
pub fn form(name: &str, value: &str) -> String {
    match name {
        "b64" => base64(value.as_bytes()),
        "b64url" => base64_url(value.as_bytes()),
        // behind one or two bytes more, which moves the alignment
        "b64a" => base64(format!("u:{value}").as_bytes()),
        "b64b" => base64(format!("{{\"pass\":\"{value}\",\"retries\":3}}").as_bytes()),
        "b64basic" => base64(format!("deploy:{value}").as_bytes()),
        "b64b64" => base64(base64(value.as_bytes()).as_bytes()),
        "b64nl" => base64(format!("{value}\n").as_bytes()),
        "b64env" => base64(format!("LOG_LEVEL=info\nVALUE={value}\nWORKERS=4\nREGION=north\n").as_bytes()),
        "wrap" => wrapped(value, 76),
        "wrap16" => wrapped(value, 16),
        "hex" => hex(value.as_bytes()),
        "HEX" => hex(value.as_bytes()).to_uppercase(),
        "hexcolon" => value.bytes().map(|b| format!("{b:02x}")).collect::<Vec<_>>().join(":"),
        "url" => percent(value, true),
        "urllow" => percent(value, false),
        "json" => value.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n"),
        "json2" => form("json", &form("json", value)),
        "jsonu" => {
            form("json", value).replace('&', "\\u0026").replace('<', "\\u003c").replace('>', "\\u003e")
        }
        "yaml1" => value.replace('\'', "''"),
        "shell" => value.replace('\'', "'\\''"),
        "shellback" => value
            .chars()
            .flat_map(|c| (!c.is_ascii_alphanumeric()).then_some('\\').into_iter().chain([c]))
            .collect(),
        "xml" => value.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;"),
        "nl" => value.trim_end().replace('\n', "\\n"),
        "nlnl" => value.trim_end().replace('\n', "\\\\n"),
        "upper" => value.to_uppercase(),
        "trim" => value.trim_end().to_owned(),
        "const" => value.to_uppercase().replace(['-', '.'], "_"),
        "passpart" => {
            let after = value.split_once("://").map_or(value, |(_, rest)| rest);
            let user = after.rsplit_once('@').map_or(after, |(user, _)| user);
            user.split_once(':').map_or(user, |(_, pass)| pass).to_owned()
        }
        _ => unreachable!("no form is called {name}"),
    }
}

/// A whole file in another encoding.
pub fn file(name: &str, text: &str) -> Vec<u8> {
    let utf16 = |big: bool| {
        let units = std::iter::once(0xfeff).chain(text.encode_utf16());
        units.flat_map(|u| if big { u.to_be_bytes() } else { u.to_le_bytes() }).collect()
    };
    match name {
        "" => text.as_bytes().to_vec(),
        "utf16" => utf16(false),
        "utf16be" => utf16(true),
        "bom" => [b"\xef\xbb\xbf", text.as_bytes()].concat(),
        "crlf" => text.replace('\n', "\r\n").into_bytes(),
        // an editor's swap file: a header, and the lines in reverse between zero bytes
        "swap" => {
            let mut bytes = b"b0VIM 9.0\0\0\0\0\x10\0\0".to_vec();
            bytes.resize(4096, 0);
            bytes.extend(b"ad\0\0\x12\0\0\0");
            bytes.resize(4200, 0);
            for line in text.lines() {
                bytes.extend(line.as_bytes());
                bytes.push(0);
            }
            bytes
        }
        _ => unreachable!("no encoding is called {name}"),
    }
}
