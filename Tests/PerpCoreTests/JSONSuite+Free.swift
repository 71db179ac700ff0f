import PerpCore

extension JSONCase {
  /// What RFC 8259 leaves open, with the reader's answer: nil where it accepts.
  ///
  /// Numbers are accepted by their text, whatever their size; whoever asks for their value learns
  /// if it does not fit. Their text has a limit. Half a surrogate pair means no character and
  /// bytes that are not UTF-8 mean none either: both are refused, as are a byte order mark and
  /// UTF-16. The depth has a limit.
  static let free: [(JSONCase, JSONError.Cause?)] = freeNumbers + freeEscapes + freeBytes

  private static let freeNumbers: [(JSONCase, JSONError.Cause?)] = [
    (JSONCase("i_number_double_huge_neg_exp", "[123.456e-789]"), nil),
    (
      JSONCase("i_number_huge_exp", "[0.4e00669\(String(repeating: "9", count: 130))]"),
      .numberTooLong
    ),
    (JSONCase("i_number_neg_int_huge_exp", "[-1e+9999]"), nil),
    (JSONCase("i_number_pos_double_huge_exp", "[1.5e+9999]"), nil),
    (JSONCase("i_number_real_neg_overflow", "[-123123e100000]"), nil),
    (JSONCase("i_number_real_pos_overflow", "[123123e100000]"), nil),
    (JSONCase("i_number_real_underflow", "[123e-10000000]"), nil),
    (JSONCase("i_number_too_big_neg_int", "[-123123123123123123123123123123]"), nil),
    (JSONCase("i_number_too_big_pos_int", "[100000000000000000000]"), nil),
    (
      JSONCase(
        "i_number_very_big_negative_int", "[-237462374673276894279832749832423479823246327846]"),
      nil
    ),
  ]

  private static let freeEscapes: [(JSONCase, JSONError.Cause?)] = [
    (JSONCase("i_object_key_lone_2nd_surrogate", #"{"\uDFAA":0}"#), .invalidEscape),
    (JSONCase("i_string_1st_surrogate_but_2nd_missing", #"["\uDADA"]"#), .invalidEscape),
    (JSONCase("i_string_1st_valid_surrogate_2nd_invalid", #"["\uD888\u1234"]"#), .invalidEscape),
    (JSONCase("i_string_incomplete_surrogate_and_escape_valid", #"["\uD800\n"]"#), .invalidEscape),
    (JSONCase("i_string_incomplete_surrogate_pair", #"["\uDd1ea"]"#), .invalidEscape),
    (
      JSONCase("i_string_incomplete_surrogates_escape_valid", #"["\uD800\uD800\n"]"#),
      .invalidEscape
    ),
    (JSONCase("i_string_invalid_lonely_surrogate", #"["\ud800"]"#), .invalidEscape),
    (JSONCase("i_string_invalid_surrogate", #"["\ud800abc"]"#), .invalidEscape),
    (JSONCase("i_string_inverted_surrogates_U+1D11E", #"["\uDd1e\uD834"]"#), .invalidEscape),
    (JSONCase("i_string_lone_second_surrogate", #"["\uDFAA"]"#), .invalidEscape),
  ]

  private static let freeBytes: [(JSONCase, JSONError.Cause?)] = [
    (
      JSONCase(
        "i_string_UTF-16LE_with_BOM",
        pieces: [0xFF, 0xFE, "[", 0, "\"", 0, 0xE9, 0, "\"", 0, "]", 0]), .syntax
    ),
    (
      JSONCase("i_string_UTF-8_invalid_sequence", pieces: ["[\"日ш", 0xFA, "\"]"]),
      .invalidUTF8
    ),
    (JSONCase("i_string_UTF8_surrogate_U+D800", pieces: quoted(0xED, 0xA0, 0x80)), .invalidUTF8),
    (JSONCase("i_string_invalid_utf-8", pieces: quoted(0xFF)), .invalidUTF8),
    (JSONCase("i_string_iso_latin_1", pieces: quoted(0xE9)), .invalidUTF8),
    (JSONCase("i_string_lone_utf8_continuation_byte", pieces: quoted(0x81)), .invalidUTF8),
    (
      JSONCase("i_string_not_in_unicode_range", pieces: quoted(0xF4, 0xBF, 0xBF, 0xBF)),
      .invalidUTF8
    ),
    (JSONCase("i_string_overlong_sequence_2_bytes", pieces: quoted(0xC0, 0xAF)), .invalidUTF8),
    (
      JSONCase(
        "i_string_overlong_sequence_6_bytes", pieces: quoted(0xFC, 0x83, 0xBF, 0xBF, 0xBF, 0xBF)),
      .invalidUTF8
    ),
    (
      JSONCase(
        "i_string_overlong_sequence_6_bytes_null",
        pieces: quoted(0xFC, 0x80, 0x80, 0x80, 0x80, 0x80)), .invalidUTF8
    ),
    (JSONCase("i_string_truncated-utf-8", pieces: quoted(0xE0, 0xFF)), .invalidUTF8),
    (
      JSONCase("i_string_utf16BE_no_BOM", pieces: [0, "[", 0, "\"", 0, 0xE9, 0, "\"", 0, "]"]),
      .syntax
    ),
    (
      JSONCase("i_string_utf16LE_no_BOM", pieces: ["[", 0, "\"", 0, 0xE9, 0, "\"", 0, "]", 0]),
      .syntax
    ),
    (
      JSONCase(
        "i_structure_500_nested_arrays",
        String(repeating: "[", count: 500) + String(repeating: "]", count: 500)), .tooDeep
    ),
    (JSONCase("i_structure_UTF-8_BOM_empty_object", pieces: [0xEF, 0xBB, 0xBF, "{}"]), .syntax),
  ]

  private static func quoted(_ bytes: UInt8...) -> [Piece] {
    ["[\""] + bytes.map { .byte($0) } + ["\"]"]
  }
}
