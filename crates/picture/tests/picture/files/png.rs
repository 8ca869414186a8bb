//! PNG by hand.

pub(crate) const SIGNATURE: &[u8] = b"\x89PNG\r\n\x1a\n";

pub(crate) fn chunk(name: &[u8; 4], content: &[u8]) -> Vec<u8> {
    let length = u32::try_from(content.len()).unwrap().to_be_bytes();
    let named = [name, content].concat();
    [&length[..], &named, &checksum(&named).to_be_bytes()].concat()
}

/// The first chunk: `depth` bits for each channel, `colours` 0 for grey, 2 for RGB, 3 for a palette, 6 for RGB and alpha.
pub(crate) fn head(width: u32, height: u32, depth: u8, colours: u8) -> Vec<u8> {
    let content = [&width.to_be_bytes()[..], &height.to_be_bytes(), &[depth, colours, 0, 0, 0]].concat();
    [SIGNATURE, &chunk(b"IHDR", &content)].concat()
}

/// The file with more chunks after the first.
pub(crate) fn with_chunks(file: &[u8], chunks: &[u8]) -> Vec<u8> {
    let (head, rest) = file.split_at(SIGNATURE.len() + 25);
    [head, chunks, rest].concat()
}

/// A whole file of 8 bits grey, all black, in a 200th of a percent of its pixels.
pub(crate) fn black(width: u32, height: u32) -> Vec<u8> {
    let bytes = (u64::from(width) + 1) * u64::from(height);
    [head(width, height, 8, 0), chunk(b"IDAT", &zeros(bytes)), chunk(b"IEND", &[])].concat()
}

/// A zlib stream (RFC 1950) of that many zeros: one that is written, and then "258 times the last one" again and again.
pub(crate) fn zeros(count: u64) -> Vec<u8> {
    let mut bits = Bits::default();
    // The last block, with the fixed codes of RFC 1951.
    bits.low_first(0b011, 3);
    let literals = 1 + (count - 1) % 258;
    (0..literals).for_each(|_| bits.high_first(0b0011_0000, 8));
    for _ in 0..(count - literals) / 258 {
        bits.high_first(0b1100_0101, 8);
        bits.high_first(0, 5);
    }
    bits.high_first(0, 7);
    let sum = u32::try_from(count % 65_521).unwrap() << 16 | 1;
    [&[0x78, 0x01][..], &bits.bytes, &sum.to_be_bytes()].concat()
}

#[derive(Default)]
struct Bits {
    bytes: Vec<u8>,
    used: u32,
}

impl Bits {
    fn low_first(&mut self, value: u32, count: u32) {
        for place in 0..count {
            if self.used == 0 {
                self.bytes.push(0);
            }
            *self.bytes.last_mut().unwrap() |= u8::try_from(value >> place & 1).unwrap() << self.used;
            self.used = (self.used + 1) % 8;
        }
    }

    fn high_first(&mut self, value: u32, count: u32) {
        self.low_first(value.reverse_bits() >> (32 - count), count);
    }
}

/// CRC-32 as in ISO 3309.
fn checksum(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(u32::MAX, |sum, byte| {
        (0..8).fold(sum ^ u32::from(*byte), |sum, _| if sum & 1 == 1 { sum >> 1 ^ 0xEDB8_8320 } else { sum >> 1 })
    })
}
