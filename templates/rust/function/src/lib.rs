use std::error::Error;

/// Greets whoever the body names: `echo Ada | faas-cli invoke NAME`
pub fn handle(body: Vec<u8>) -> Result<Vec<u8>, Box<dyn Error>> {
    let text = String::from_utf8(body)?;
    let name = match text.trim() {
        "" => "world",
        name => name,
    };
    Ok(format!("Hello, {name}!\n").into_bytes())
}

#[cfg(test)]
mod tests {
    use super::handle;

    #[test]
    fn greets_whoever_the_body_names() {
        assert_eq!(handle(b"Ada\n".to_vec()).unwrap(), b"Hello, Ada!\n");
    }

    #[test]
    fn greets_the_world_when_the_body_is_empty() {
        assert_eq!(handle(Vec::new()).unwrap(), b"Hello, world!\n");
    }
}
