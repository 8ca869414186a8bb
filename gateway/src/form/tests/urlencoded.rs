//! Urlencoded forms: names are compared decoded and written encoded.

use super::super::urlencoded::NAME_LIMIT;
use super::*;

#[test]
fn names_are_renamed_and_everything_else_is_as_it_came() {
    for (sent, expected) in [
        ("caption=caption&x=1", "text=caption&x=1"),
        ("c%61ption=%zz+&&=&caption", "text=%zz+&&=&text"),
        ("gr%C3%B6%C3%9Fe+%C3%BC=1", "size+%26+more=1"),
        ("a=1&b=2&a", "b=1&a=2&b"),
        ("x=a=text&%zz=1", "x=a=text&%zz=1"),
        ("", ""),
    ] {
        assert_eq!(whole(URLENCODED, sent).as_deref(), Ok(expected));
    }
}

#[test]
fn the_operations_own_name_is_refused() {
    for sent in ["text=1", "x=1&te%78t=1", "caption=1&text"] {
        let expected = FormError::Renamed { field: "text".into(), public: "caption".into() };
        assert_eq!(whole(URLENCODED, sent), Err(expected), "{sent}");
    }
}

#[test]
fn a_name_has_a_limit_and_a_value_has_none() {
    let long = "x".repeat(NAME_LIMIT);
    assert!(whole(URLENCODED, &long).is_ok());
    assert_eq!(whole(URLENCODED, format!("{long}x")), Err(FormError::NameTooLong));
    assert_eq!(whole(URLENCODED, format!("{long}x=1")), Err(FormError::NameTooLong));
    assert!(whole(URLENCODED, format!("x={long}{long}")).is_ok());
}

#[test]
fn values_are_slices_of_what_came_in() {
    let form = Bytes::from(format!("caption={}&x=1&y=2", "v".repeat(1000)));
    let pieces = pieces(URLENCODED, std::slice::from_ref(&form)).unwrap();
    assert_eq!(pieces.len(), 2, "the new name, and all the rest in one piece");
    assert_eq!(pieces[1].as_ptr(), form[7..].as_ptr());
}
