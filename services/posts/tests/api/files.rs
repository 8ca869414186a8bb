//! The files of pictures, as everybody is given them.

use crate::harness::{drawn, on_both_engines, people};

on_both_engines! {
    async fn a_file_is_for_everybody_and_for_ever(service) {
        let (ada, _, _) = people();
        let made = service.send(&drawn(1)).by(&ada).send().await.expect(201);
        let path = made["variants"][0]["url"].as_str().unwrap().replace("/media/", "/files/");
        let file = service.get(&path).send().await.expect(200);
        assert_eq!(file.header("cache-control"), "public, max-age=31536000, immutable");
        assert_eq!((file.header("content-type"), file.header("x-content-type-options")), ("image/jpeg", "nosniff"));
        assert_eq!(file.header("content-length"), file.bytes.len().to_string());
        assert!(file.bytes.starts_with(&[0xFF, 0xD8]) && file.headers.get("cache-groups").is_none());

        let known = service.get(&path).header("if-none-match", file.header("etag")).send().await.expect(304);
        assert_eq!((known.header("etag"), known.bytes.len()), (file.header("etag"), 0));
        let head = service.head(&path).send().await.expect(200);
        assert_eq!((head.header("content-length"), head.bytes.len()), (file.header("content-length"), 0));

        let other = made["variants"][3]["url"].as_str().unwrap().replace("/media/", "/files/");
        assert_ne!(service.get(&other).send().await.expect(200).header("etag"), file.header("etag"));
    }

    async fn a_piece_is_that_piece_and_of_that_version(service) {
        let (ada, _, _) = people();
        let made = service.send(&drawn(1)).by(&ada).send().await.expect(201);
        let path = made["variants"][0]["url"].as_str().unwrap().replace("/media/", "/files/");
        let file = service.get(&path).send().await.expect(200);
        let size = file.bytes.len();
        for (range, piece) in [("bytes=2-9", 2..10), ("bytes=10-", 10..size), ("bytes=-7", size - 7..size), ("bytes=5-999999999", 5..size)] {
            let answer = service.get(&path).header("range", range).send().await.expect(206);
            assert_eq!(answer.bytes, file.bytes[piece.clone()], "{range}");
            assert_eq!(answer.header("content-range"), format!("bytes {}-{}/{size}", piece.start, piece.end - 1));
            assert_eq!(answer.header("content-length"), piece.len().to_string());
        }
        for range in [format!("bytes={size}-"), "bytes=-0".to_owned()] {
            service.get(&path).header("range", &range).send().await.refused(416, "invalid_parameter");
        }
        let of = |tag: &str| service.get(&path).header("range", "bytes=0-1").header("if-range", tag);
        of(file.header("etag")).send().await.expect(206);
        assert_eq!(of("\"another\"").send().await.expect(200).bytes, file.bytes);
        assert_eq!(service.get(&path).header("range", "bytes=0-1,4-5").send().await.expect(200).bytes, file.bytes);
    }

    async fn what_is_no_file_is_not_there(service) {
        let (ada, _, _) = people();
        let made = service.send(&drawn(1)).by(&ada).send().await.expect(201);
        let hash = made["variants"][0]["url"].as_str().unwrap().split('/').nth(2).unwrap().to_owned();
        service.get(&format!("/files/{hash}/144.jpg")).send().await.expect(200);
        std::fs::write(service.media.join(&hash).join("secret"), "x").unwrap();
        for path in [
            format!("{hash}/original.png"),
            format!("{hash}/145.jpg"),
            format!("{hash}/secret"),
            format!("{hash}/144.png"),
            format!("{}/144.jpg", hash.to_uppercase()),
            format!("{}/144.jpg", &hash[..63]),
            format!("{}/144.jpg", "0".repeat(64)),
            "%2e%2e/posts.db".to_owned(),
            "..%2fposts.db/144.jpg".to_owned(),
        ] {
            service.get(&format!("/files/{path}")).send().await.refused(404, "not_found");
        }
    }
}
