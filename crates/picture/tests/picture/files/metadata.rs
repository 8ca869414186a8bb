//! What cameras and programs write beside pixels.

/// In everything of a file that is not pixels.
pub(crate) const SECRET: &str = "51.4778N 0.0015W";

/// A TIFF (as EXIF is) with an orientation, a description, and the directory of GPS.
pub(crate) fn exif(orientation: u16) -> Vec<u8> {
    let entries = 3_u16;
    let after = 8 + 2 + 12 * u32::from(entries) + 4;
    let text = format!("{SECRET}\0");
    let length = u32::try_from(text.len()).unwrap();
    let mut tiff = vec![b'I', b'I', 42, 0, 8, 0, 0, 0];
    tiff.extend(entries.to_le_bytes());
    tiff.extend(entry(270, 2, length, after));
    tiff.extend(entry(274, 3, 1, orientation.into()));
    tiff.extend(entry(34_853, 4, 1, after + length));
    tiff.extend([0; 4]);
    tiff.extend(text.as_bytes());
    // Whether its latitude is north, and the place as text.
    tiff.extend(2_u16.to_le_bytes());
    tiff.extend(entry(1, 2, 2, u32::from(b'N')));
    tiff.extend(entry(28, 7, length, after));
    tiff.extend([0; 4]);
    tiff
}

fn entry(tag: u16, kind: u16, count: u32, value: u32) -> Vec<u8> {
    [&tag.to_le_bytes()[..], &kind.to_le_bytes(), &count.to_le_bytes(), &value.to_le_bytes()].concat()
}

/// An XMP packet.
pub(crate) fn xmp() -> Vec<u8> {
    format!("<x:xmpmeta xmlns:x='adobe:ns:meta/'><exif:GPSLatitude>{SECRET}</exif:GPSLatitude></x:xmpmeta>")
        .into_bytes()
}
