//! Whatever the bytes: there is an answer, and what is answered is a picture.

use picture::Limits;
use proptest::prelude::*;
use proptest::sample::Index;

use crate::files::one_of_each;
use crate::pixels;

/// Small enough for many cases.
const LIMITS: Limits = Limits { bytes: 1 << 20, side: 300, pixels: 60_000 };

fn assert_answered(file: &[u8]) {
    let Ok(picture) = picture::prepare(file, &LIMITS) else { return };
    assert_eq!(picture.variants.len(), 4);
    for variant in &picture.variants {
        assert!(variant.width > 0 && variant.height > 0);
        assert!(variant.width <= picture.width && variant.height <= picture.height);
        pixels(variant);
    }
}

fn valid() -> impl Strategy<Value = Vec<u8>> {
    let files: Vec<_> = one_of_each().into_iter().map(|(_, file)| file).collect();
    prop::sample::select(files)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn random_bytes_are_answered(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        assert_answered(&bytes);
    }

    #[test]
    fn random_bytes_behind_a_valid_beginning_are_answered(
        file in valid(), keep in any::<Index>(), bytes in prop::collection::vec(any::<u8>(), 0..400),
    ) {
        assert_answered(&[&file[..keep.index(file.len())], &bytes].concat());
    }

    #[test]
    fn a_file_with_some_other_bytes_is_answered(
        mut file in valid(), changes in prop::collection::vec((any::<Index>(), any::<u8>()), 1..12),
    ) {
        for (place, byte) in changes {
            let place = place.index(file.len());
            file[place] = byte;
        }
        assert_answered(&file);
    }

    #[test]
    fn a_file_whose_parts_are_repeated_or_missing_is_answered(
        file in valid(), from in any::<Index>(), to in any::<Index>(), at in any::<Index>(), keep in any::<bool>(),
    ) {
        let (from, to) = (from.index(file.len()), to.index(file.len()));
        let part = &file[from.min(to)..from.max(to)];
        let at = at.index(file.len());
        let rest = if keep { &file[at..] } else { &[] };
        assert_answered(&[&file[..at], part, rest].concat());
    }
}
