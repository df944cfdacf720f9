//! The password within a URL.

/// The password of `scheme://user:password@host`, if there is one. `scheme://token@host` has one where the token is all
/// there is before the host, and long.
pub(in crate::scan) fn password_of_url(value: &[u8]) -> Option<&[u8]> {
    let at = memchr::memmem::find(value, b"://")?;
    let scheme = value[..at].rsplit(|b| !b.is_ascii_alphanumeric() && !b"+-.".contains(b)).next()?;
    if !(2..=20).contains(&scheme.len()) || !scheme[0].is_ascii_alphabetic() {
        return None;
    }
    password_of_authority(&value[at + 3..])
}

/// The same, of what stands behind `://`.
pub(in crate::scan) fn password_of_authority(rest: &[u8]) -> Option<&[u8]> {
    let end =
        rest.iter().position(|b| b.is_ascii_whitespace() || b"\"'`<>\\".contains(b)).unwrap_or(rest.len());
    let rest = &rest[..end];
    // a password may hold `@`, `/`, `#` and `?` though it must not: the host begins behind the last `@` before the path
    let path = rest.iter().position(|b| b"/?#".contains(b)).unwrap_or(rest.len());
    let at = match memchr::memrchr(b'@', &rest[..path]) {
        Some(at) => at,
        None => {
            let at = memchr::memchr(b'@', rest)?;
            // `https://host/@scope/name:1` and `https://host/a?to=x@y` have no password
            let colon = memchr::memchr(b':', &rest[..path])?;
            let port = rest[colon + 1..path].iter().all(u8::is_ascii_digit);
            if port || memchr::memchr2(b'.', b'=', &rest[..colon]).is_some() || at > 128 {
                return None;
            }
            at
        }
    };
    let info = &rest[..at];
    let password = match memchr::memchr(b':', info) {
        Some(colon) => &info[colon + 1..],
        None if info.len() >= 20 && !is_dsn(info, &rest[at + 1..]) => info,
        None => return None,
    };
    let host = &rest[at + 1..];
    let fits = host.first().is_some_and(|b| b.is_ascii_alphanumeric() || b"[${<%(_".contains(b));
    (!password.is_empty() && fits).then_some(password)
}

/// `https://<public key>@host/<number>`: where programs report errors to. Who has no more than that can only report.
fn is_dsn(user: &[u8], host: &[u8]) -> bool {
    let number = host.rsplit(|b| *b == b'/').next().unwrap_or_default();
    user.len() == 32
        && user.iter().all(|b| b.is_ascii_digit() || matches!(b, b'a'..=b'f'))
        && host.contains(&b'/')
        && (1..=20).contains(&number.len())
        && number.iter().all(u8::is_ascii_digit)
}
