//! Multipart forms: what is renamed, what is left alone, what is refused.

use super::super::disposition::HEAD_LIMIT;
use super::super::multipart::PARTS_LIMIT;
use super::*;

fn part(disposition: &str) -> String {
    format!("--b\r\nContent-Disposition: {disposition}\r\n\r\nx\r\n--b--\r\n")
}

fn named(disposition: &str) -> Result<String, FormError> {
    let out = whole(MULTIPART, part(disposition))?;
    let out = out.strip_prefix("--b\r\nContent-Disposition: ").unwrap();
    Ok(out.strip_suffix("\r\n\r\nx\r\n--b--\r\n").unwrap().to_owned())
}

#[test]
fn only_the_name_is_renamed_and_never_the_name_of_a_file() {
    for (sent, expected) in [
        ("form-data; name=\"caption\"", "form-data; name=\"text\""),
        ("form-data; name=caption", "form-data; name=\"text\""),
        ("Form-Data;NAME=\"capt\\ion\" ", "Form-Data;NAME=\"text\" "),
        ("form-data; filename=\"caption\"; name=\"caption\"", "form-data; filename=\"caption\"; name=\"text\""),
        ("form-data; name=\"größe ü\"", "form-data; name=\"size & more\""),
        ("form-data; name=\"Caption\"", "form-data; name=\"Caption\""),
        ("form-data; name=\"x\"; filename=\"text\"", "form-data; name=\"x\"; filename=\"text\""),
        ("form-data; name=\"100% \\\"of\\\" it\"", "form-data; name=\"100% \\\"of\\\" it\""),
    ] {
        assert_eq!(named(sent).as_deref(), Ok(expected));
    }
}

#[test]
fn the_operations_own_name_is_refused_however_it_is_written() {
    for name in ["\"text\"", "text", "\"te\\xt\"", "\"te%78t\"", "\"%74ext\""] {
        let expected = FormError::Renamed { field: "text".into(), public: "caption".into() };
        assert_eq!(named(&format!("form-data; name={name}")), Err(expected), "{name}");
    }
}

#[test]
fn a_part_that_services_could_read_differently_is_refused() {
    for wrong in [
        "form-data",
        "form-data; name=\"a\"; name=\"text\"",
        "form-data; name*=utf-8''text",
        "form-data; name=\"a\"; name*=utf-8''text",
        "attachment; name=\"a\"",
        "form-data; name=\"a\"\r\nContent-Disposition: form-data; name=\"text\"",
        "form-data; name=\"a\\\"; filename=\"b\"",
    ] {
        assert_eq!(named(wrong), Err(FormError::Disposition), "{wrong}");
    }
    for wrong in ["form-data; name=\"a\"\r\n folded: x", "form-data; name=\"a\"\nX: y", "form-data\r\nX : y"] {
        assert_eq!(named(wrong), Err(FormError::Head), "{wrong}");
    }
}

#[test]
fn a_form_without_its_last_boundary_is_cut() {
    let form = part("form-data; name=\"x\"");
    for length in 0..form.len() - 2 {
        assert_eq!(whole(MULTIPART, &form[..length]), Err(FormError::Cut), "{length}");
    }
    assert!(whole(MULTIPART, &form[..form.len() - 2]).is_ok());
}

#[test]
fn what_is_outside_of_the_boundaries_goes_nowhere() {
    let form = part("form-data; name=\"x\"");
    let around =
        format!("before --b\r\nnothing\r\n{form}after\r\n--b\r\nContent-Disposition: form-data; name=\"text\"");
    assert_eq!(whole(MULTIPART, around).as_deref(), Ok(form.as_str()));
}

#[test]
fn a_boundary_is_a_whole_line() {
    let longer = "--b\r\nContent-Disposition: form-data; name=\"x\"\r\n\r\nx\r\n--bc\r\n\r\n--b--";
    assert_eq!(whole(MULTIPART, longer), Err(FormError::Delimiter));
    let no_content = "--b\r\nContent-Disposition: form-data; name=\"x\"\r\n\r\n--b--";
    assert_eq!(whole(MULTIPART, no_content), Err(FormError::Delimiter));
    let padded = "--b \t\r\nContent-Disposition: form-data; name=\"caption\"\r\n\r\nx\r\n--b-- \r\n";
    assert_eq!(
        whole(MULTIPART, padded).as_deref(),
        Ok("--b \t\r\nContent-Disposition: form-data; name=\"text\"\r\n\r\nx\r\n--b--\r\n")
    );
}

#[test]
fn heads_and_parts_have_limits() {
    let large = format!("form-data; name=\"x\"\r\nX: {}", "x".repeat(HEAD_LIMIT));
    assert_eq!(named(&large), Err(FormError::HeadTooLarge));
    let endless = format!("--b\r\n{}", "x".repeat(HEAD_LIMIT));
    assert_eq!(whole(MULTIPART, endless), Err(FormError::HeadTooLarge));
    let parts =
        |count: usize| format!("{}--b--", "--b\r\nContent-Disposition: form-data; name=x\r\n\r\n\r\n".repeat(count));
    assert!(whole(MULTIPART, parts(PARTS_LIMIT)).is_ok());
    assert_eq!(whole(MULTIPART, parts(PARTS_LIMIT + 1)), Err(FormError::TooManyFields));
}

#[test]
fn contents_are_slices_of_what_came_in() {
    let head = "--b\r\nContent-Disposition: form-data; name=\"caption\"; filename=\"f\"\r\n\r\n";
    let content = Bytes::from(vec![b'x'; 100_000]);
    let chunks = [Bytes::from(head), content.clone(), Bytes::from("\r\n--b--")];
    let pieces = pieces(MULTIPART, &chunks).unwrap();
    assert!(pieces.iter().any(|piece| piece.as_ptr() == content.as_ptr() && piece.len() == content.len()));
}
