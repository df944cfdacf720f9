//! Private keys in all their wrappings, and what only looks like one. The bodies are random behind a true beginning.

use super::chance::Chance;
use super::encode;

fn armored(label: &str, body: &[u8], width: usize) -> String {
    format!(
        "-----BEGIN {label}-----\n{}\n-----END {label}-----",
        encode::wrapped(&encode::base64(body), width)
    )
}

fn with(head: &[u8], chance: &mut Chance, n: usize) -> Vec<u8> {
    [head, &chance.bytes(n)].concat()
}

/// A key by the name that a template has for it; `None`: no such name.
pub fn key(chance: &mut Chance, name: &str) -> Option<String> {
    let private = |what: &str| format!("{what}PRIVATE {}", "KEY");
    Some(match name {
        "rsa" => {
            let body = with(&[0x30, 0x82, 0x04, 0xa4, 2, 1, 0, 2, 0x82, 1, 1, 0], chance, 1180);
            armored(&private("RSA "), &body, 64)
        }
        "ec" => armored(&private("EC "), &with(&[0x30, 0x77, 2, 1, 1, 4, 0x20], chance, 114), 64),
        "pkcs8" => {
            let head = [
                0x30, 0x82, 0x04, 0xbd, 2, 1, 0, 0x30, 0x0d, 6, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1,
                1, 5, 0,
            ];
            armored(&private(""), &with(&head, chance, 1195), 64)
        }
        "ed25519" => {
            let head = [0x30, 0x2e, 2, 1, 0, 0x30, 5, 6, 3, 0x2b, 0x65, 0x70, 4, 0x22, 4, 0x20];
            armored(&private(""), &with(&head, chance, 32), 64)
        }
        "openssh" => {
            let mut body = b"openssh-key-v1\0\0\0\0\x04none\0\0\0\x04none\0\0\0\0\0\0\0\x01\0\0\0\x33\0\0\0\x0bssh-ed25519\0\0\0\x20".to_vec();
            body.extend(chance.bytes(32));
            body.extend(b"\0\0\0\x90");
            body.extend(chance.bytes(144));
            armored(&private("OPENSSH "), &body, 70)
        }
        "pgp" => {
            let body = encode::wrapped(&encode::base64(&with(&[0x95, 3, 0x9e, 4], chance, 920)), 64);
            let sum = encode::base64(&chance.bytes(3));
            let label = format!("PGP {} BLOCK", private(""));
            format!("-----BEGIN {label}-----\n\n{body}\n={sum}\n-----END {label}-----")
        }
        "ppk" => {
            let lines = |bytes: &[u8]| encode::wrapped(&encode::base64(bytes), 64);
            let (public, secret) = (with(b"\0\0\0\x0bssh-ed25519\0\0\0\x20", chance, 32), chance.bytes(36));
            format!(
                "PuTTY-User-Key-File-3: ssh-ed25519\nEncryption: none\nComment: {}\nPublic-Lines: 2\n{}\nPrivate-Lines: 1\n{}\nPrivate-MAC: {}",
                chance.noun(),
                lines(&public),
                lines(&secret),
                encode::hex(&chance.bytes(32))
            )
        }
        "age" => age_identity(chance, "AGE-SECRET-KEY-"),
        "agepq" => age_identity(chance, "AGE-SECRET-KEY-PQ-"),
        // one letter is another one: the checksum tells
        "agedud" => {
            let good = age_identity(chance, "AGE-SECRET-KEY-");
            let at = good.len() - 12;
            let other = if good.as_bytes()[at] == b'Q' { "P" } else { "Q" };
            format!("{}{other}{}", &good[..at], &good[at + 1..])
        }
        "agepub" => bech(chance, "age"),
        "wg" => {
            let mut bytes = chance.bytes(32);
            bytes[0] &= 248;
            bytes[31] = (bytes[31] & 127) | 64;
            encode::base64(&bytes)
        }
        "jwkd" => encode::base64_url(&chance.bytes(32)),
        "public" => {
            armored(&format!("PUBLIC {}", "KEY"), &with(&[0x30, 0x82, 1, 0x22, 0x30, 0x0d], chance, 288), 64)
        }
        "cert" => armored("CERTIFICATE", &with(&[0x30, 0x82, 3, 0x85, 0x30, 0x82, 2, 0x6d], chance, 900), 64),
        "pgppublic" => {
            let body = encode::wrapped(&encode::base64(&with(&[0x99, 1, 0x0d, 4], chance, 700)), 64);
            let label = format!("PGP PUBLIC {} BLOCK", "KEY");
            format!(
                "-----BEGIN {label}-----\n\n{body}\n={}\n-----END {label}-----",
                encode::base64(&chance.bytes(3))
            )
        }
        "sshpub" => {
            let blob = with(b"\0\0\0\x0bssh-ed25519\0\0\0\x20", chance, 32);
            format!("ssh-ed25519 {} {}@{}", encode::base64(&blob), chance.noun(), chance.noun())
        }
        "sshrsapub" => {
            let blob = with(b"\0\0\0\x07ssh-rsa\0\0\0\x03\x01\0\x01\0\0\x01\x81\0", chance, 384);
            format!("ssh-rsa {} {}@{}", encode::base64(&blob), chance.noun(), chance.noun())
        }
        // a sealed data key, and a file of some length
        "agearmor" => armored("AGE ENCRYPTED FILE", &age_file(chance, 64), 64),
        "agefile" => armored("AGE ENCRYPTED FILE", &age_file(chance, 1400), 64),
        // what the provider's own manual shows
        "awsdocid" => format!("AK{}{}", "IAIOSFODNN7", "EXAMPLE"),
        "awsdocsecret" => format!("wJalrXUtnFEMI/{}/bPxRfiCY{}KEY", "K7MDENG", "EXAMPLE"),
        // the words alone, as code and documentation have them
        "begin" => format!("-----BEGIN {}-----", private(chance.of(&["", "RSA ", "EC ", "OPENSSH "]))),
        "end" => format!("-----END {}-----", private("")),
        _ => return None,
    })
}

fn bech(chance: &mut Chance, hrp: &str) -> String {
    let hrp = bech32::Hrp::parse(hrp).expect("a prefix of letters");
    bech32::encode::<bech32::Bech32>(hrp, &chance.bytes(32)).expect("32 bytes are not too many")
}

/// An identity of age, with its checksum.
pub fn age_identity(chance: &mut Chance, prefix: &str) -> String {
    bech(chance, &prefix.to_lowercase()).to_uppercase()
}

/// What age writes for one reader: a true header, and random bytes where the ciphertext is.
pub fn age_file(chance: &mut Chance, n: usize) -> Vec<u8> {
    let line = |chance: &mut Chance| encode::base64(&chance.bytes(32)).replace('=', "");
    let (share, body, mac) = (line(chance), line(chance), line(chance));
    let mut file = format!("age-encryption.org/v1\n-> X25519 {share}\n{body}\n--- {mac}\n").into_bytes();
    file.extend(chance.bytes(n));
    file
}
