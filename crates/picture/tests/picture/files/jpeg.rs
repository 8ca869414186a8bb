//! JPEG by hand: of one colour, with as many pixels, channels and scans as one likes, in as few bytes as possible.

use std::iter::once;

/// Every coded bit is 0. That says "as the block before" in the tables of these files.
pub(crate) struct Jpeg {
    pub(crate) width: u16,
    pub(crate) height: u16,
    pub(crate) channels: u8,
    pub(crate) progressive: bool,
    /// How often the scan of fine detail is repeated (progressive files only).
    pub(crate) detail: usize,
}

impl Jpeg {
    pub(crate) fn grey(width: u16, height: u16) -> Self {
        Self { width, height, channels: 3, progressive: false, detail: 1 }
    }

    pub(crate) fn file(&self) -> Vec<u8> {
        let blocks = usize::from(self.width).div_ceil(8) * usize::from(self.height).div_ceil(8);
        let mut file = self.head();
        let all: Vec<u8> = (1..=self.channels).collect();
        if !self.progressive {
            file.extend(scan(&all, 0, 63, blocks * all.len() * 2));
        } else {
            file.extend(scan(&all, 0, 0, blocks * all.len()));
            for _ in 0..self.detail {
                let runs = blocks.div_ceil(1 << 14);
                file.extend(all.iter().flat_map(|channel| scan(&[*channel], 1, 63, runs * 15)));
            }
        }
        file.extend([0xFF, 0xD9]);
        file
    }

    /// Everything before the first scan.
    pub(crate) fn head(&self) -> Vec<u8> {
        let mut file = vec![0xFF, 0xD8];
        if self.channels == 4 {
            file.extend(segment(0xEE, b"Adobe\0\x64\0\0\0\0\0"));
        }
        file.extend(segment(0xDB, &[&[0][..], &[1; 64]].concat()));
        file.extend(self.frame());
        file.extend(self.tables());
        file
    }

    pub(crate) fn frame(&self) -> Vec<u8> {
        let ([high, low], [wide, narrow]) = (self.height.to_be_bytes(), self.width.to_be_bytes());
        let mut frame = vec![8, high, low, wide, narrow, self.channels];
        frame.extend((1..=self.channels).flat_map(|channel| [channel, 0x11, 0]));
        segment(if self.progressive { 0xC2 } else { 0xC0 }, &frame)
    }

    /// DC: `0` is "no difference", `10` a difference of ten bits. AC: `0` is "nothing more", here or in as many blocks as 14 bits
    /// say.
    fn tables(&self) -> Vec<u8> {
        let dc = [&[0x00, 1, 1][..], &[0; 14], &[0, 10]].concat();
        let ac = [&[0x10, 1][..], &[0; 15], &[if self.progressive { 0xE0 } else { 0 }]].concat();
        [segment(0xC4, &dc), segment(0xC4, &ac)].concat()
    }
}

fn scan(channels: &[u8], from: u8, to: u8, bits: usize) -> Vec<u8> {
    scan_of(channels, from, to, &vec![0; bits.div_ceil(8)])
}

pub(crate) fn scan_of(channels: &[u8], from: u8, to: u8, coded: &[u8]) -> Vec<u8> {
    let count = u8::try_from(channels.len()).unwrap();
    let tables = channels.iter().flat_map(|channel| [*channel, 0x00]);
    let head: Vec<u8> = once(count).chain(tables).chain([from, to, 0]).collect();
    [segment(0xDA, &head), coded.to_vec()].concat()
}

pub(crate) fn segment(kind: u8, content: &[u8]) -> Vec<u8> {
    let length = u16::try_from(content.len() + 2).unwrap().to_be_bytes();
    [&[0xFF, kind][..], &length, content].concat()
}

/// The file with segments right after its beginning, where cameras put what they know.
pub(crate) fn with_segments(file: &[u8], segments: &[u8]) -> Vec<u8> {
    [&file[..2], segments, &file[2..]].concat()
}

/// 8 × 8 pixels of one colour in four channels, as Photoshop writes ink: 255 is none. A value is 128, or at least 64 away from it.
pub(crate) fn ink(channels: [u8; 4]) -> Vec<u8> {
    let mut bits = String::new();
    for value in channels {
        let difference = ((i32::from(value) - 128) * 8).max(-1_023);
        match difference {
            0 => bits.push('0'),
            above if above > 0 => bits.push_str(&format!("10{above:010b}")),
            below => bits.push_str(&format!("10{:010b}", below + 1_023)),
        }
        bits.push('0');
    }
    while !bits.len().is_multiple_of(8) {
        bits.push('1');
    }
    let coded = bits.as_bytes().chunks(8).map(|byte| u8::from_str_radix(str::from_utf8(byte).unwrap(), 2).unwrap());
    let coded: Vec<u8> = coded.flat_map(|byte| if byte == 0xFF { vec![0xFF, 0] } else { vec![byte] }).collect();
    let jpeg = Jpeg { channels: 4, ..Jpeg::grey(8, 8) };
    [jpeg.head(), scan_of(&[1, 2, 3, 4], 0, 63, &coded), vec![0xFF, 0xD9]].concat()
}
