//! WebP by hand, and three that libwebp has written: colours that change from corner to corner, 24 × 16.

use base64::{Engine, engine::general_purpose::STANDARD};

pub(crate) fn lossy() -> Vec<u8> {
    STANDARD.decode(LOSSY).unwrap()
}

/// Its right half is there to a quarter.
pub(crate) fn transparent() -> Vec<u8> {
    STANDARD.decode(TRANSPARENT).unwrap()
}

/// Two frames, transparent as well.
pub(crate) fn moving() -> Vec<u8> {
    STANDARD.decode(MOVING).unwrap()
}

const LOSSY: &str = "UklGRl4AAABXRUJQVlA4IFIAAADQAwCdASoYABAAPu1yrU+pp6QiMAgBMB2JbACdMoR3ACm73iYzL4AA/uw+G2uyr5Tdo0K+uhfVQJzCCuH838lpRlW8vfraHzFJ1T0TcM3zZhQA";

const TRANSPARENT: &str = "UklGRooAAABXRUJQVlA4WAoAAAAQAAAAFwAADwAAQUxQSBAAAAABEBIQx/y/pcliREyAmfwZVlA4IFQAAADQAwCdASoYABAAPu1krU2ppaSiMAgBMB2JbACdMoR3ACm73iYzL4AA/uw+G2uyr5Tdo0K+uhfVQJzCCuH838lpRyIPAPm64kiqXxHKowcSmALgAAA=";

const MOVING: &str = "UklGRhQBAABXRUJQVlA4WAoAAAASAAAAFwAADwAAQU5JTQYAAAAAAAAAAABBTk1GhAAAAAAAAAAAABcAAA8AAGQAAAJBTFBIEAAAAAEQEhDH/L+lyWJETICZ/BlWUDggVAAAANADAJ0BKhgAEAA+7WStTamlpKIwCAEwHYlsAJ0yhHcAKbveJjMvgAD+7D4ba7KvlN2jQr66F9VAnMIK4fzfyWlHIg8A+briSKpfEcqjBxKYAuAAAEFOTUZcAAAAAAAAAAAAFwAADwAAZAAAAkFMUEgFAAAAAShgRAQAVlA4IDYAAADwAgCdASoYABAAPu1iqU2ppaQiMAgBMB2JQA7AACBsAAD+rhf/62vbeGUH//wrXMPvZ014AAA=";

pub(crate) fn riff(chunks: &[Vec<u8>]) -> Vec<u8> {
    let content = [b"WEBP", &chunks.concat()[..]].concat();
    let length = u32::try_from(content.len()).unwrap().to_le_bytes();
    [&b"RIFF"[..], &length, &content].concat()
}

pub(crate) fn chunk(name: &[u8; 4], content: &[u8]) -> Vec<u8> {
    let length = u32::try_from(content.len()).unwrap().to_le_bytes();
    let padding: &[u8] = if content.len() % 2 == 1 { &[0] } else { &[] };
    [&name[..], &length, content, padding].concat()
}

/// `VP8X`: what else is in the file (2 motion, 8 EXIF, 16 alpha), and how large its canvas is.
pub(crate) fn canvas(flags: u8, width: u32, height: u32) -> Vec<u8> {
    chunk(b"VP8X", &[&[flags, 0, 0, 0][..], &three(width - 1), &three(height - 1)].concat())
}

/// `ANMF`, in the upper left corner of the canvas.
pub(crate) fn frame(width: u32, height: u32, chunks: &[Vec<u8>]) -> Vec<u8> {
    let head = [[0; 3], [0; 3], three(width - 1), three(height - 1), [0; 3]].concat();
    chunk(b"ANMF", &[head, vec![0], chunks.concat()].concat())
}

pub(crate) fn motion() -> Vec<u8> {
    chunk(b"ANIM", &[0; 6])
}

/// The content of `VP8 `: a key frame of that size, and then only zeros, in two partitions. They are one grey.
pub(crate) fn pixels(width: u16, height: u16, zeros: usize) -> Vec<u8> {
    let first = u32::try_from(zeros / 2).unwrap();
    let [low, middle, high, _] = (1 << 4 | first << 5).to_le_bytes();
    let head = [&[low, middle, high, 0x9D, 0x01, 0x2A][..], &width.to_le_bytes(), &height.to_le_bytes()].concat();
    [head, vec![0; zeros]].concat()
}

/// The content of the chunk of that name.
pub(crate) fn content_of(file: &[u8], name: &[u8; 4]) -> Vec<u8> {
    let at = file.windows(4).position(|window| window == name).unwrap();
    let length = u32::from_le_bytes(file[at + 4..at + 8].try_into().unwrap()) as usize;
    file[at + 8..at + 8 + length].to_vec()
}

fn three(number: u32) -> [u8; 3] {
    let [low, middle, high, _] = number.to_le_bytes();
    [low, middle, high]
}
