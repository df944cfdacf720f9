//! The regular files of a tar archive in memory, as `docker cp … -` writes one: ustar, with entries of other kinds
//! between, which are passed over.

const BLOCK: usize = 512;

/// Name and content of each regular file; it ends where the archive does, or where it cannot be read.
pub(super) fn files(archive: &[u8]) -> impl Iterator<Item = (String, &[u8])> {
    let mut rest = archive;
    std::iter::from_fn(move || {
        loop {
            let header = rest.get(..BLOCK)?;
            let size = octal(header.get(124..136)?)?;
            let content = rest.get(BLOCK..BLOCK.checked_add(size)?)?;
            let padded = size.checked_next_multiple_of(BLOCK)?;
            let name = text(header.get(..100)?);
            let kind = header[156];
            rest = rest.get(BLOCK + padded..).unwrap_or_default();
            if name.is_empty() {
                return None;
            }
            if matches!(kind, b'0' | 0) {
                return Some((name, content));
            }
        }
    })
}

fn text(field: &[u8]) -> String {
    let end = field.iter().position(|b| *b == 0).unwrap_or(field.len());
    String::from_utf8_lossy(&field[..end]).into_owned()
}

fn octal(field: &[u8]) -> Option<usize> {
    let text = text(field);
    let digits = text.trim();
    if digits.is_empty() { Some(0) } else { usize::from_str_radix(digits, 8).ok() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(name: &str, kind: u8, content: &[u8]) -> Vec<u8> {
        let mut block = vec![0; BLOCK];
        block[..name.len()].copy_from_slice(name.as_bytes());
        block[124..135].copy_from_slice(format!("{:011o}", content.len()).as_bytes());
        block[156] = kind;
        block.extend_from_slice(content);
        block.resize(block.len().next_multiple_of(BLOCK), 0);
        block
    }

    #[test]
    fn files_are_found_and_the_rest_is_passed_over() {
        let long = [b'x'; BLOCK + 1];
        let mut archive = entry("secrets/", b'5', b"");
        archive.extend(entry("pax", b'x', b"12 mtime=1.5\n"));
        archive.extend(entry("secrets/jwt", b'0', b"value"));
        archive.extend(entry("secrets/long", b'0', &long));
        archive.extend([0; 2 * BLOCK]);
        let found: Vec<_> = files(&archive).collect();
        assert_eq!(
            found,
            [("secrets/jwt".to_owned(), &b"value"[..]), ("secrets/long".to_owned(), &long[..])]
        );
        // a torn one ends early, and does not end the program
        for cut in [0, 100, BLOCK, archive.len() - 3 * BLOCK] {
            assert!(files(&archive[..cut]).count() < 2, "{cut}");
        }
        assert_eq!(files(&[0xff; 2 * BLOCK]).count(), 0);
    }
}
