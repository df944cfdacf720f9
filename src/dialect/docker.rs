//! `docker run --env-file`, `docker service create --env-file`, and `env_file` of `docker stack deploy`.
//!
//! Measured with the clients 20.10 and 28.2. Lines as they are: no quotes, no escapes, no expansion. A line ends at a line
//! feed, and a carriage return before that goes too. Blanks before the name go, a line that then begins with `#` is a
//! comment. Refused: what is not UTF-8, a name with a blank or none, a line of 64 KiB. A byte order mark goes. A name
//! without `=` is taken from the environment. It carries no line feed, and no carriage return at the end.
//! Of a name that stands there twice the engine hands on both.

use super::{Pair, Unread, utf8};
use crate::secret::SecretValue;

/// A line must fit into the reader's buffer with its line feed.
const LONGEST: usize = 64 * 1024 - 1;

pub(super) fn read(text: &[u8]) -> Result<Vec<Pair>, Unread> {
    let mut pairs = Vec::new();
    let text = utf8(text, Unread::Refused)?;
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    for line in text.split('\n') {
        if line.len() > LONGEST {
            return Err(Unread::Refused);
        }
        let line = line.strip_suffix('\r').unwrap_or(line).trim_start();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let Some((name, value)) = line.split_once('=') else { return Err(Unread::Unknown) };
        if name.is_empty() || name.contains([' ', '\t']) {
            return Err(Unread::Refused);
        }
        pairs.push((name.into(), SecretValue::new(value.into())));
    }
    Ok(pairs)
}

#[cfg(test)]
mod tests {
    use crate::dialect::fault::tests::reads;
    use crate::dialect::{Dialect::Docker, Unread};

    #[test]
    fn a_line_is_taken_as_it_is() {
        reads(Docker, b"  A='x' #y $z \\n \r\n#B=1\n\n", &[("A", "'x' #y $z \\n ")]);
        reads(Docker, b"A=\n", &[("A", "")]);
        assert_eq!(Docker.read(b"A \t=1").err(), Some(Unread::Refused));
        assert_eq!(Docker.read(b"A=\xff").err(), Some(Unread::Refused));
        assert_eq!(Docker.read(b"HOME").err(), Some(Unread::Unknown));
    }

    #[test]
    fn a_line_of_64_kib_is_refused() {
        let line = |n: usize| [b"A=".as_slice(), &vec![b'x'; n]].concat();
        assert_eq!(Docker.read(&line(65_533)).unwrap()[0].1.len(), 65_533);
        assert_eq!(Docker.read(&line(65_534)).err(), Some(Unread::Refused));
    }
}
