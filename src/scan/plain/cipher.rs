//! What other programs than sops sealed: told by how it starts, or by the names that only ciphertext has.

use memchr::memmem::find;

/// Whether a text is ciphertext.
pub(super) fn is_one(bytes: &[u8]) -> bool {
    let start = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes).trim_ascii_start();
    const STARTS: [&[u8]; 13] = [
        b"Salted__",
        b"U2FsdGVkX1",
        b"age-encryption.org/",
        b"-----BEGIN AGE ENCRYPTED",
        b"-----BEGIN PGP MESSAGE",
        b"-----BEGIN PGP PUBLIC",
        b"-----BEGIN PGP SIGNATURE",
        b"-----BEGIN PKCS7",
        b"-----BEGIN CMS",
        b"$ANSIBLE_VAULT",
        b"\0GITCRYPT",
        b"SQLite format",
        b"-----BEGIN ENCRYPTED",
    ];
    if STARTS.iter().any(|mark| start.starts_with(mark)) {
        return true;
    }
    let head = &start[..start.len().min(4096)];
    let holds = |mark: &str| find(head, mark.as_bytes()).is_some();
    // sealed secrets of Kubernetes, JOSE, what EJSON keeps beside its public key
    holds("kind: SealedSecret")
        || holds("\"kind\": \"SealedSecret\"")
        || holds("\"ciphertext\"") && (holds("\"protected\"") || holds("\"iv\""))
        || holds("\"_public_key\"") && holds("EJ[1:")
}
