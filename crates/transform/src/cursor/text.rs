//! The inside of strings: where nothing is to be resolved, and what escapes stand for.

use std::borrow::Cow;

const ONES: u64 = u64::from_le_bytes([1; 8]);
const HIGH: u64 = ONES << 7;

/// How many bytes from here on stand for themselves: up to a quote, a backslash or what must be escaped.
///
/// Eight at a time, in plain arithmetic: most strings are too short for more.
#[inline]
pub(super) fn plain(text: &[u8]) -> usize {
    let (words, rest) = text.as_chunks::<8>();
    for (index, word) in words.iter().enumerate() {
        let found = special(u64::from_le_bytes(*word));
        if found != 0 {
            return index * 8 + found.trailing_zeros() as usize / 8;
        }
    }
    let is_special = |byte: &u8| matches!(byte, 0..=0x1F | b'"' | b'\\');
    words.len() * 8 + rest.iter().position(is_special).unwrap_or(rest.len())
}

/// Sets the highest bit of the first byte that does not stand for itself; what it says of later ones may be wrong.
const fn special(word: u64) -> u64 {
    let below_space = word.wrapping_sub(ONES * 0x20) & !word;
    let quote = word ^ (ONES * b'"' as u64);
    let backslash = word ^ (ONES * b'\\' as u64);
    (below_space | quote.wrapping_sub(ONES) & !quote | backslash.wrapping_sub(ONES) & !backslash) & HIGH
}

/// The character that an escape `\uXXXX` or a pair of them at the begin of this text stands for, and how long that is.
pub(super) fn character(escape: &[u8]) -> Option<(char, usize)> {
    let unit = |at: usize| -> Option<u32> {
        let digits = escape.get(at..at + 6)?.strip_prefix(b"\\u")?;
        digits.iter().try_fold(0, |unit, digit| Some(unit * 16 + char::from(*digit).to_digit(16)?))
    };
    match unit(0)? {
        high @ 0xD800..=0xDBFF => {
            let low = unit(6).filter(|low| (0xDC00..=0xDFFF).contains(low))?;
            Some((char::from_u32(0x1_0000 + ((high - 0xD800) << 10) + (low - 0xDC00))?, 12))
        }
        unit => Some((char::from_u32(unit)?, 6)),
    }
}

/// The text of a string without its quotes, with escapes resolved.
pub(crate) fn unescape(raw: &[u8]) -> Cow<'_, [u8]> {
    let inner = raw.get(1..raw.len().saturating_sub(1)).unwrap_or_default();
    if plain(inner) == inner.len() { Cow::Borrowed(inner) } else { Cow::Owned(resolved(inner)) }
}

fn resolved(mut rest: &[u8]) -> Vec<u8> {
    let mut text = Vec::with_capacity(rest.len());
    loop {
        let (before, escape) = rest.split_at(plain(rest));
        text.extend_from_slice(before);
        let length = match escape.get(1) {
            // Only a string that was not walked through has an escape that is none: it ends here.
            None => return text,
            Some(b'u') => {
                let Some((character, length)) = character(escape) else { return text };
                text.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes());
                length
            }
            Some(letter) => {
                text.push(match letter {
                    b'b' => 0x08,
                    b'f' => 0x0C,
                    b'n' => b'\n',
                    b'r' => b'\r',
                    b't' => b'\t',
                    itself => *itself,
                });
                2
            }
        };
        rest = escape.get(length..).unwrap_or_default();
    }
}
