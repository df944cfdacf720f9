//! `.pgpass`: `host:port:database:user:password`.

use super::Found;
use super::form::Form;
use super::judge::{self, Place};
use crate::scan::text::Text;

pub(super) fn look(text: &Text<'_>, mut found: impl FnMut(Found)) {
    let base = text.name.path.rsplit(|b| *b == b'/').next().unwrap_or_default();
    if !base.starts_with(b".pgpass") && !base.starts_with(b"pgpass") {
        return;
    }
    let mut at = 0;
    for line in text.bytes.split(|b| *b == b'\n') {
        let from = at;
        at += line.len() + 1;
        let line = line.trim_ascii_end();
        let mut parts = line.splitn(5, |b| *b == b':');
        let (Some(user), Some(password)) = (parts.nth(3), parts.next()) else { continue };
        let place = Place { form: Form::Lines, test: text.name.test, quoted: true };
        if !line.starts_with(b"#") && judge::is_password_of(user, password, place) {
            let end = from + line.len();
            found(Found {
                rule: "generic-secret",
                at: end - password.len()..end,
                name: None,
                what: "a password of Postgres",
            });
        }
    }
}
