//! Pictures that are uploaded: what is taken, what is refused, and whose they are.

use std::io::Cursor;

use image::ImageFormat;
use serde_json::{Value, json};

use crate::harness::{Form, QUOTA, Service, drawn, eventually, id, on_both_engines, people};

/// A JPEG that lies on its side, and says where it was taken.
fn with_exif(jpeg: &[u8]) -> Vec<u8> {
    // A TIFF of one entry: the orientation 6, a quarter turn. What comes behind it nobody reads.
    let mut exif = b"Exif\0\0II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0\x06\0\0\0\0\0\0\0".to_vec();
    exif.extend_from_slice(b"GPSLatitude 52.5200 GPSLongitude 13.4050 by Zoe");
    let length = u16::try_from(exif.len() + 2).unwrap().to_be_bytes();
    [&jpeg[..2], &[0xFF, 0xE1], &length, &exif, &jpeg[2..]].concat()
}

/// The same picture in another format.
fn written(jpeg: &[u8], format: ImageFormat) -> Vec<u8> {
    let mut file = Vec::new();
    image::load_from_memory(jpeg).unwrap().write_to(&mut Cursor::new(&mut file), format).unwrap();
    file
}

/// A PNG that says to have this size, and nothing more.
fn header_of(width: u32, height: u32) -> Vec<u8> {
    let mut file = written(&drawn(1), ImageFormat::Png);
    file[16..20].copy_from_slice(&width.to_be_bytes());
    file[20..24].copy_from_slice(&height.to_be_bytes());
    file
}

async fn nothing_is_there(service: &Service) {
    assert_eq!(service.count("media").await, 0);
    assert_eq!(service.files(), Vec::<String>::new());
    assert_eq!(service.count("media_files").await, 0);
}

on_both_engines! {
    async fn a_picture_is_uploaded_described_and_deleted(service) {
        let (ada, bob, boss) = people();
        let form = Form::default().image(&drawn(1)).text("alt", " A bridge ").text("focus", "0.25,1");
        let made = service.form("POST", "/media", &form).by(&ada).send().await.expect(201);
        let path = format!("/media/{}", id(&made));
        assert_eq!(format!("/{}", made.header("location")), path);
        assert_eq!((&made["alt"], &made["focus"]), (&json!("A bridge"), &json!({"x": 0.25, "y": 1.0})));
        assert_eq!((&made["width"], &made["height"]), (&json!(300), &json!(200)));
        let variants = made["variants"].as_array().unwrap();
        let heights: Vec<&Value> = variants.iter().map(|variant| &variant["height"]).collect();
        assert_eq!(heights, [144, 200, 200, 200]);
        assert!(variants[0]["url"].as_str().unwrap().starts_with("/media/") && made["placeholder"].as_str().unwrap().len() > 9);
        assert_eq!(service.files().len(), 4);

        let shown = service.get(&path).by(&ada).send().await.expect(200);
        assert_eq!((&shown.json, shown.header("etag")), (&made.json, made.header("etag")));
        service.get(&path).header("if-none-match", shown.header("etag")).by(&ada).send().await.expect(304);
        // Nobody else is told that it is there, whoever they are.
        for call in [service.get(&path), service.patch(&path, json!({"alt": "x"})), service.delete(&path)] {
            call.clone().send().await.refused(401, "unauthenticated");
            call.clone().by(&bob).send().await.refused(404, "not_found");
            call.by_admin(&boss).send().await.refused(404, "not_found");
        }

        let changed = service.patch(&path, json!({"alt": null, "focus": {"x": 0.5, "y": 0.5}})).by(&ada).send().await.expect(200);
        assert_eq!((&changed["alt"], &changed["focus"]), (&json!(""), &json!({"x": 0.5, "y": 0.5})));
        assert_ne!(changed.header("etag"), made.header("etag"));
        let stale = service.patch(&path, json!({"alt": "x"})).header("if-match", made.header("etag"));
        stale.by(&ada).send().await.refused(412, "precondition_failed");
        service.patch(&path, json!({"focus": {"x": 2, "y": 0}})).by(&ada).send().await.refuses(&[("/focus", "out_of_range")]);
        service.patch(&path, json!({"alt": "x".repeat(1501)})).by(&ada).send().await.refuses(&[("/alt", "too_long")]);
        service.patch(&path, json!({"al": "x"})).by(&ada).send().await.refuses(&[("/al", "unknown_field")]);
        assert_eq!(service.patch(&path, json!({"focus": null})).by(&ada).send().await.expect(200)["focus"], json!(null));

        service.delete(&path).header("if-match", made.header("etag")).by(&ada).send().await.refused(412, "precondition_failed");
        service.delete(&path).by(&ada).send().await.expect(204);
        service.delete(&path).by(&ada).send().await.refused(404, "not_found");
        service.get(&path).by(&ada).send().await.refused(404, "not_found");
    }

    async fn every_format_is_taken_and_nothing_else_of_the_file_is_kept(service) {
        let (ada, _, _) = people();
        let jpeg = drawn(1);
        for format in [ImageFormat::Jpeg, ImageFormat::Png, ImageFormat::WebP, ImageFormat::Gif] {
            let made = service.send(&written(&jpeg, format)).by(&ada).send().await.expect(201);
            assert_eq!((&made["width"], &made["height"]), (&json!(300), &json!(200)), "{format:?}");
        }
        let told = with_exif(&jpeg);
        assert!(String::from_utf8_lossy(&told).contains("GPSLatitude"));
        let made = service.send(&told).by(&ada).send().await.expect(201);
        assert_eq!((&made["width"], &made["height"]), (&json!(200), &json!(300)), "it is turned");
        for variant in made["variants"].as_array().unwrap() {
            let url = variant["url"].as_str().unwrap().replace("/media/", "/files/");
            let file = service.get(&url).send().await.expect(200);
            for word in ["Exif", "GPS", "Zoe", "13.4050"] {
                assert!(!file.text.contains(word), "{url} has {word}");
            }
            let picture = image::load_from_memory(&file.bytes).unwrap();
            assert_eq!((&variant["width"], &variant["height"]), (&json!(picture.width()), &json!(picture.height())));
        }
    }

    async fn what_is_no_picture_is_refused_and_nothing_of_it_is_stored(service) {
        let (ada, _, _) = people();
        let jpeg = drawn(1);
        let unsupported: [&[u8]; 4] = [b"", b"<svg xmlns=\"http://www.w3.org/2000/svg\"/>", b"%PDF-1.7", b"hello"];
        for file in unsupported {
            service.send(file).by(&ada).send().await.refused(415, "unsupported_media_type");
        }
        service.send(&header_of(20_000, 20_000)).by(&ada).send().await.refuses(&[("/image", "too_many_pixels")]);
        let told = service.send(&header_of(4_097, 4_096)).by(&ada).send().await.refuses(&[("/image", "too_many_pixels")]);
        assert!(told["errors"][0]["message"].as_str().unwrap().contains("16777216"), "{}", told.text);
        for format in [ImageFormat::Jpeg, ImageFormat::Png, ImageFormat::WebP, ImageFormat::Gif] {
            let file = written(&jpeg, format);
            service.send(&file[..file.len() / 2]).by(&ada).send().await.refuses(&[("/image", "broken_image")]);
        }
        let mut garbage = jpeg.clone();
        garbage.splice(200.., vec![0xFF; 500]);
        service.send(&garbage).by(&ada).send().await.refuses(&[("/image", "broken_image")]);

        let mut large = jpeg.clone();
        large.resize(11_000_000, 0);
        let told = service.send(&large).by(&ada).send().await.refused(413, "payload_too_large");
        assert_eq!(told["limit"], 10 << 20);
        // As large as it may be, with something behind its end that is no part of it.
        large.truncate(10 << 20);
        service.send(&large).by(&ada).send().await.expect(201);
        let untrue = service.send(&jpeg).header("content-length", "99999999");
        untrue.by(&ada).send().await.refused(413, "payload_too_large");

        service.change("DELETE FROM media").await;
        service.clock.advance(std::time::Duration::from_secs(3_700));
        eventually(async || (service.count("media_files").await == 0).then_some(())).await;
        nothing_is_there(&service).await;
    }

    async fn a_form_that_is_not_right_is_told_where(service) {
        let (ada, _, _) = people();
        let post = |form: &Form| service.form("POST", "/media", form).by(&ada);
        let image = Form::default().image(&drawn(1));
        post(&Form::default()).send().await.refuses(&[("/image", "required")]);
        post(&Form::default().text("alt", "x")).send().await.refuses(&[("/image", "required")]);
        post(&image.clone().image(&drawn(2))).send().await.refuses(&[("/image", "too_many")]);
        post(&image.clone().text("alt", "a").text("alt", "b")).send().await.refuses(&[("/alt", "duplicate_field")]);
        let wrong = image.clone().text("alt", &"x".repeat(1501)).text("focus", "2,2");
        post(&wrong).send().await.refuses(&[("/alt", "too_long"), ("/focus", "invalid_value")]);
        let near = post(&image.clone().text("al", "x")).send().await.refuses(&[("/al", "unknown_field")]);
        assert!(near["errors"][0]["message"].as_str().unwrap().contains("did you mean `alt`?"));
        post(&image.clone().text("alt", &"x".repeat(100_000))).send().await.refused(413, "payload_too_large");
        let whole = image.bytes();
        for cut in [10, 60, 200, whole.len() - 8] {
            post(&image).body(&whole[..cut]).send().await.refused(400, "invalid_parameter");
        }
        post(&image).body("x".repeat(1 << 20)).send().await.refused(400, "invalid_parameter");
        post(&image).header("content-type", "multipart/form-data").send().await.refused(415, "unsupported_media_type");
        post(&image).header("content-type", "image/jpeg").body(drawn(1)).send().await.refused(415, "unsupported_media_type");
        service.post("/media", json!({"image": "x"})).by(&ada).send().await.refused(415, "unsupported_media_type");
        service.send(&drawn(1)).send().await.refused(401, "unauthenticated");
        nothing_is_there(&service).await;
    }

    async fn the_same_upload_under_the_same_key_is_done_once(service) {
        let (ada, bob, _) = people();
        let send = |seed| service.send(&drawn(seed)).header("idempotency-key", "k");
        let first = send(1).by(&ada).send().await.expect(201);
        let again = send(1).by(&ada).send().await.expect(201);
        assert_eq!((again.header("idempotency-replayed"), &again.json), ("true", &first.json));
        send(2).by(&ada).send().await.refused(422, "idempotency_key_reused");
        assert_ne!(send(1).by(&bob).send().await.expect(201)["id"], first["id"]);
        assert_eq!((service.count("media").await, service.files().len()), (2, 4));
    }

    async fn an_account_has_so_much_room_and_what_it_deletes_makes_room(service) {
        let (ada, bob, _) = people();
        let bytes = async || service.number("SELECT CAST(COALESCE(SUM(bytes), 0) AS BIGINT) AS n FROM media WHERE owner_id = 7").await;
        let first = service.send(&drawn(1)).by(&ada).send().await.expect(201);
        let each = bytes().await;
        assert!(each > 1_000);
        service.change(&format!("UPDATE media SET bytes = {}", QUOTA - each)).await;
        let exact = service.send(&drawn(1)).by(&ada).send().await.expect(201);
        assert_eq!(bytes().await, QUOTA);
        let told = service.send(&drawn(2)).by(&ada).send().await.refused(409, "conflict");
        assert_eq!((&told["quota"], &told["used"]), (&json!(QUOTA), &json!(QUOTA)));
        let post = Form::default().image(&drawn(2)).text("text", "x");
        service.form("POST", "/posts", &post).by(&ada).send().await.refused(409, "conflict");
        service.form("PUT", "/me/avatar", &Form::default().image(&drawn(2))).by(&ada).send().await.refused(409, "conflict");
        assert_eq!((service.count("posts").await, service.files().len()), (0, 4), "what was refused left nothing");
        service.send(&drawn(2)).by(&bob).send().await.expect(201);
        for made in [&first, &exact] {
            service.delete(&format!("/media/{}", id(made))).by(&ada).send().await.expect(204);
        }
        service.send(&drawn(2)).by(&ada).send().await.expect(201);
    }

    async fn those_who_upload_at_once_do_not_get_more_room_together(service) {
        let (ada, _, _) = people();
        service.send(&drawn(1)).by(&ada).send().await.expect(201);
        let each = service.number("SELECT bytes AS n FROM media").await;
        // Two more would fit.
        service.change(&format!("UPDATE media SET bytes = {}", QUOTA - 2 * each)).await;
        let calls = (0..6).map(|_| {
            let (service, ada) = (service.clone(), ada.clone());
            tokio::spawn(async move { service.send(&drawn(1)).by(&ada).send().await.status.as_u16() })
        });
        let mut statuses = Vec::new();
        for call in calls.collect::<Vec<_>>() {
            statuses.push(call.await.unwrap());
        }
        statuses.sort_unstable();
        assert_eq!(statuses, [201, 201, 409, 409, 409, 409]);
        // What was refused has the files of what was taken: they stay.
        assert_eq!(service.files().len(), 4);
    }

    async fn a_store_that_is_away_is_told_and_nothing_is_recorded(service) {
        let (ada, _, _) = people();
        let made = service.send(&drawn(1)).by(&ada).send().await.expect(201);
        let file = made["variants"][0]["url"].as_str().unwrap().replace("/media/", "/files/");
        let away = service.media.with_extension("away");
        std::fs::rename(&service.media, &away).unwrap();
        std::fs::write(&service.media, "no directory").unwrap();
        let post = Form::default().image(&drawn(2)).text("text", "x");
        for call in [service.send(&drawn(2)), service.form("POST", "/posts", &post)] {
            let told = call.by(&ada).send().await.refused(503, "overloaded");
            assert_eq!(told.header("retry-after"), "1");
        }
        assert_eq!((service.count("media").await, service.count("posts").await), (1, 0));
        std::fs::remove_file(&service.media).unwrap();
        std::fs::rename(&away, &service.media).unwrap();
        service.get(&file).send().await.expect(200);
        service.send(&drawn(2)).by(&ada).send().await.expect(201);
    }
}
