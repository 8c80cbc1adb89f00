/* Data types, parsers and compressors of Modules/ (CPython 3.11; the file named at each group). */
#include "model/row_macros.h"

/* ---- _datetimemodule.c: without a time zone the object is allocated shorter, and tzinfo is not there ----
 */
static void walk_datetime(const struct exu_object *o, const struct exu_visitor *v)
{
    if (exu_object_word(o, EXU_PyDateTime_DateTime_hastzinfo))
        exu_emit(v, exu_object_word(o, EXU_PyDateTime_DateTime_tzinfo), EXU_REF_FIELD, "tzinfo", -1);
}

static void walk_time(const struct exu_object *o, const struct exu_visitor *v)
{
    if (exu_object_word(o, EXU_PyDateTime_Time_hastzinfo))
        exu_emit(v, exu_object_word(o, EXU_PyDateTime_Time_tzinfo), EXU_REF_FIELD, "tzinfo", -1);
}

/* ---- _zoneinfo.c: the rules of a zone are C structures with three objects each; nothing of it is traversed
 * ---- */
static void walk_zoneinfo(const struct exu_object *o, const struct exu_visitor *v)
{
    static const struct {
        uint16_t field;
        const char *name;
    } parts[] = {{EXU__ttinfo_utcoff, "ttinfo.utcoff"},
                 {EXU__ttinfo_dstoff, "ttinfo.dstoff"},
                 {EXU__ttinfo_tzname, "ttinfo.tzname"}};
    exu_addr rules = exu_object_word(o, EXU_PyZoneInfo_ZoneInfo__ttinfos);
    uint64_t count = exu_object_word(o, EXU_PyZoneInfo_ZoneInfo_num_ttinfos), limit = exu_walk_limit(o);
    uint32_t stride = exu_size(o->layout, EXU_sizeof__ttinfo);
    exu_emit_buffer(v, rules);
    for (uint64_t i = 0; rules && stride && i < count && i < limit; i++) {
        for (size_t part = 0; part < EXU_COUNT(parts); part++) {
            uint64_t target;
            if (!exu_field_read(o, rules + i * stride, (enum exu_field)parts[part].field, &target)) {
                exu_emit_bad(v, o->address, rules + i * stride);
                return;
            }
            if (target)
                exu_emit(v, target, EXU_REF_FIELD, parts[part].name, (int64_t)i);
        }
    }
}

/* ---- _decimal.c: up to four words of digits lie inside the object ---- */
#define MPD_DATAFLAGS 0xe0 /* Modules/_decimal/libmpdec/mpdecimal.h: static, shared or constant data */

static bool decimal_is_dynamic(const struct exu_object *o)
{
    return !(exu_object_word(o, EXU_PyDecObject_dec_flags) & MPD_DATAFLAGS);
}

static void walk_decimal(const struct exu_object *o, const struct exu_visitor *v)
{
    if (decimal_is_dynamic(o))
        exu_emit_buffer(v, exu_object_word(o, EXU_PyDecObject_dec_data));
}

static bool size_of_decimal(const struct exu_object *o, uint64_t *ret)
{
    *ret = row_basic_size(o);
    return !decimal_is_dynamic(o) ||
           row_add(ret, exu_object_word(o, EXU_PyDecObject_dec_alloc), sizeof(uint64_t));
}

/* ---- _struct.c: the codes end with one without definition, which counts ---- */
static bool size_of_struct(const struct exu_object *o, uint64_t *ret)
{
    uint32_t stride = exu_size(o->layout, EXU_sizeof_formatcode);
    exu_addr code = exu_object_word(o, EXU_PyStructObject_s_codes);
    uint64_t limit = exu_walk_limit(o), definition;
    *ret = row_basic_size(o) + stride;
    for (uint64_t i = 0; stride && code && i < limit; i++, code += stride) {
        if (!exu_field_read(o, code, EXU_formatcode_fmtdef, &definition))
            return false;
        if (!definition)
            return true;
        *ret += stride;
    }
    return false;
}

/* ---- _pickle.c: the pickler's memo is a hash table with references to its keys, which 3.11 does not
 * traverse ---- */
static void walk_pickler(const struct exu_object *o, const struct exu_visitor *v)
{
    exu_addr memo = exu_object_word(o, EXU_PicklerObject_memo);
    uint64_t count, table, key, limit = exu_walk_limit(o);
    uint32_t stride = exu_size(o->layout, EXU_sizeof_PyMemoEntry);
    if (!memo)
        return;
    if (!exu_field_read(o, memo, EXU_PyMemoTable_mt_allocated, &count) ||
        !exu_field_read(o, memo, EXU_PyMemoTable_mt_table, &table)) {
        exu_emit_bad(v, exu_object_place(o, EXU_PicklerObject_memo), memo);
        return;
    }
    exu_emit_buffer(v, memo);
    exu_emit_buffer(v, table);
    for (uint64_t i = 0; table && stride && i < count && i < limit; i++) {
        if (!exu_field_read(o, table + i * stride, EXU_PyMemoEntry_me_key, &key)) {
            exu_emit_bad(v, memo, table + i * stride);
            return;
        }
        if (key)
            exu_emit(v, key, EXU_REF_FIELD, "memo", (int64_t)i);
    }
}

/* sys.getsizeof of a bytes object that a type counts as its own. */
static bool bytes_size(const struct exu_object *o, exu_addr address, uint64_t *size)
{
    uint64_t type, basic, length;
    return exu_field_read(o, address, EXU_PyObject_ob_type, &type) &&
           exu_field_read(o, type, EXU_PyTypeObject_tp_basicsize, &basic) &&
           exu_field_read(o, address, EXU_PyVarObject_ob_size, &length) && row_add(size, basic, 1) &&
           row_add(size, length, 1);
}

static bool size_of_pickler(const struct exu_object *o, uint64_t *ret)
{
    exu_addr memo = exu_object_word(o, EXU_PicklerObject_memo);
    exu_addr output = exu_object_word(o, EXU_PicklerObject_output_buffer);
    uint64_t count;
    *ret = row_basic_size(o);
    if (memo && (!exu_field_read(o, memo, EXU_PyMemoTable_mt_allocated, &count) ||
                 !row_add(ret, exu_size(o->layout, EXU_sizeof_PyMemoTable), 1) ||
                 !row_add(ret, count, exu_size(o->layout, EXU_sizeof_PyMemoEntry))))
        return false;
    return !output || bytes_size(o, output, ret);
}

/* strlen + 1 of a string in the target; 0 for NULL. */
static bool add_string(const struct exu_object *o, enum exu_field field, uint64_t *size)
{
    exu_addr at = exu_object_word(o, field);
    if (!at)
        return true;
    uint64_t length;
    return exu_walk_string(o, at, &length) && row_add(size, length + 1, 1);
}

static bool size_of_unpickler(const struct exu_object *o, uint64_t *ret)
{
    *ret = row_basic_size(o);
    if (exu_object_word(o, EXU_UnpicklerObject_memo) &&
        !row_add(ret, exu_object_word(o, EXU_UnpicklerObject_memo_size), sizeof(uint64_t)))
        return false;
    if (exu_object_word(o, EXU_UnpicklerObject_marks) &&
        !row_add(ret, exu_object_word(o, EXU_UnpicklerObject_marks_size), sizeof(uint64_t)))
        return false;
    return add_string(o, EXU_UnpicklerObject_input_line, ret) &&
           add_string(o, EXU_UnpicklerObject_encoding, ret) && add_string(o, EXU_UnpicklerObject_errors, ret);
}

/* ---- cjkcodecs/multibytecodec.h: small numbers stand for the well-known error handlers ---- */
#define MULTIBYTE_ERROR_MAX 3

static void emit_errors(const struct exu_object *o, const struct exu_visitor *v, enum exu_field field)
{
    exu_addr errors = exu_object_word(o, field);
    if (errors > MULTIBYTE_ERROR_MAX)
        exu_emit(v, errors, EXU_REF_FIELD, "errors", -1);
}

/* What an encoder could not encode yet: a str; in 2.7 up to two characters in the object, with a count. */
static void emit_pending(const struct exu_object *o, const struct exu_visitor *v, enum exu_field pending,
                         enum exu_field inside)
{
    uint64_t target = exu_has(o->layout, inside) ? 0 : exu_object_word(o, pending);
    if (target)
        exu_emit(v, target, EXU_REF_FIELD, "pending", -1);
}

static void walk_multibyte_encoder(const struct exu_object *o, const struct exu_visitor *v)
{
    emit_errors(o, v, EXU_MultibyteIncrementalEncoderObject_errors);
    emit_pending(o, v, EXU_MultibyteIncrementalEncoderObject_pending,
                 EXU_MultibyteIncrementalEncoderObject_pendingsize);
}

static void walk_multibyte_decoder(const struct exu_object *o, const struct exu_visitor *v)
{
    emit_errors(o, v, EXU_MultibyteIncrementalDecoderObject_errors);
}

static void walk_multibyte_reader(const struct exu_object *o, const struct exu_visitor *v)
{
    emit_errors(o, v, EXU_MultibyteStreamReaderObject_errors);
}

static void walk_multibyte_writer(const struct exu_object *o, const struct exu_visitor *v)
{
    emit_errors(o, v, EXU_MultibyteStreamWriterObject_errors);
    emit_pending(o, v, EXU_MultibyteStreamWriterObject_pending, EXU_MultibyteStreamWriterObject_pendingsize);
}

/* ---- _sre/sre.h: a scanner's marks are an array in its state (2.7) or behind a pointer ---- */
static void walk_scanner(const struct exu_object *o, const struct exu_visitor *v)
{
    if (exu_size(o->layout, EXU_ScannerObject_state_mark) == sizeof(exu_addr))
        exu_emit_buffer(v, exu_object_word(o, EXU_ScannerObject_state_mark));
}

/* ---- _sre/sre.h, 3.12+: the parts of a replacement: {group, literal} after {literal} ---- */
static void walk_template(const struct exu_object *o, const struct exu_visitor *v)
{
    uint64_t count = exu_object_word(o, EXU_PyVarObject_ob_size), target;
    uint32_t stride = 2 * sizeof(exu_addr); /* of a structure without a name */
    exu_addr place = exu_object_place(o, EXU_TemplateObject_items) + sizeof(exu_addr);
    if (!exu_has(o->layout, EXU_TemplateObject_items))
        return;
    count = exu_walk_slots(o->model, place, count, stride);
    for (uint64_t i = 0; i < count; i++, place += stride) {
        if (!exu_memory_u64(o->memory, place, &target)) {
            exu_emit_bad(v, o->address, place);
            return;
        }
        if (target)
            exu_emit(v, target, EXU_REF_ITEM, "literal", (int64_t)i);
    }
}

/* ---- _json.c: flags were objects until 3.6 ---- */
static void walk_json_scanner(const struct exu_object *o, const struct exu_visitor *v)
{
    row_emit_object(o, v, EXU_PyScannerObject_strict, "strict");
}

static void walk_json_encoder(const struct exu_object *o, const struct exu_visitor *v)
{
    row_emit_object(o, v, EXU_PyEncoderObject_sort_keys, "sort_keys");
    row_emit_object(o, v, EXU_PyEncoderObject_skipkeys, "skipkeys");
}

#define STRUCT(type_name)                                                                                    \
    ROW_WALK(type_name, PyStructObject, NULL, size_of_struct,                                                \
             EXU_OBJ_AS(PyStructObject, s_format, "format"), EXU_BUF(PyStructObject, s_codes))
#define UNPACK_ITERATOR(type_name)                                                                           \
    ROW(type_name, unpackiterobject, EXU_OBJ_AS(unpackiterobject, so, "struct"),                             \
        EXU_OBJ_AS(unpackiterobject, buf_obj, "buffer"))
#define PATTERN(type_name)                                                                                   \
    ROW(type_name, PatternObject, EXU_OBJ(PatternObject, groupindex), EXU_OBJ(PatternObject, indexgroup),    \
        EXU_OBJ(PatternObject, pattern))
#define MATCH(type_name)                                                                                     \
    ROW(type_name, MatchObject, EXU_OBJ(MatchObject, string), EXU_OBJ(MatchObject, regs),                    \
        EXU_OBJ_AS(MatchObject, pattern, "re"))
#define MULTIBYTE_CODECS(module)                                                                             \
    ROW(module "MultibyteCodec", MultibyteCodecObject, EXU_OBJ(MultibyteCodecObject, cjk_module)),           \
        ROW_WALK(module "MultibyteIncrementalEncoder", MultibyteIncrementalEncoderObject,                    \
                 walk_multibyte_encoder, NULL, {0}),                                                         \
        ROW_WALK(module "MultibyteIncrementalDecoder", MultibyteIncrementalDecoderObject,                    \
                 walk_multibyte_decoder, NULL, {0}),                                                         \
        ROW_WALK(module "MultibyteStreamReader", MultibyteStreamReaderObject, walk_multibyte_reader, NULL,   \
                 EXU_OBJ(MultibyteStreamReaderObject, stream)),                                              \
        ROW_WALK(module "MultibyteStreamWriter", MultibyteStreamWriterObject, walk_multibyte_writer, NULL,   \
                 EXU_OBJ(MultibyteStreamWriterObject, stream))

static const struct exu_type_row rows[] = {
    /* _datetimemodule.c, _zoneinfo.c */
    LEAF("datetime.date", PyDateTime_Date),
    LEAF("datetime.timedelta", PyDateTime_Delta),
    LEAF("datetime.tzinfo", PyDateTime_TZInfo),
    {.name = "datetime.datetime", .size = EXU_sizeof_PyDateTime_DateTime, .walk = walk_datetime},
    {.name = "datetime.time", .size = EXU_sizeof_PyDateTime_Time, .walk = walk_time},
    ROW("datetime.timezone", PyDateTime_TimeZone, EXU_OBJ(PyDateTime_TimeZone, offset),
        EXU_OBJ(PyDateTime_TimeZone, name)),
    LEAF("datetime.IsoCalendarDate", PyDateTime_IsoCalendarDate),
    ROW_WALK("zoneinfo.ZoneInfo", PyZoneInfo_ZoneInfo, walk_zoneinfo, NULL, EXU_OBJ(PyZoneInfo_ZoneInfo, key),
             EXU_OBJ(PyZoneInfo_ZoneInfo, file_repr),
             EXU_OBJ_AS(PyZoneInfo_ZoneInfo, tzrule_after_std_utcoff, "rule.std.utcoff"),
             EXU_OBJ_AS(PyZoneInfo_ZoneInfo, tzrule_after_std_dstoff, "rule.std.dstoff"),
             EXU_OBJ_AS(PyZoneInfo_ZoneInfo, tzrule_after_std_tzname, "rule.std.tzname"),
             EXU_OBJ_AS(PyZoneInfo_ZoneInfo, tzrule_after_dst_utcoff, "rule.dst.utcoff"),
             EXU_OBJ_AS(PyZoneInfo_ZoneInfo, tzrule_after_dst_dstoff, "rule.dst.dstoff"),
             EXU_OBJ_AS(PyZoneInfo_ZoneInfo, tzrule_after_dst_tzname, "rule.dst.tzname"),
             EXU_BUF(PyZoneInfo_ZoneInfo, trans_list_utc), EXU_BUF(PyZoneInfo_ZoneInfo, trans_ttinfos),
             EXU_BUF(PyZoneInfo_ZoneInfo, tzrule_after_start),
             EXU_BUF(PyZoneInfo_ZoneInfo, tzrule_after_end)),

    /* _decimal.c: a signal dict borrows the flags of its context. */
    ROW_WALK("decimal.Decimal", PyDecObject, walk_decimal, size_of_decimal, {0}),
    ROW("decimal.Context", PyDecContextObject, EXU_OBJ(PyDecContextObject, traps),
        EXU_OBJ(PyDecContextObject, flags)),
    ROW("decimal.ContextManager", PyDecContextManagerObject, EXU_OBJ(PyDecContextManagerObject, local),
        EXU_OBJ(PyDecContextManagerObject, global)),
    LEAF("decimal.SignalDictMixin", PyDecSignalDictObject),

    /* _struct.c, _csv.c, _json.c */
    STRUCT("_struct.Struct"),
    STRUCT("Struct"), /* <= 3.8 */
    UNPACK_ITERATOR("_struct.unpack_iterator"),
    UNPACK_ITERATOR("unpack_iterator"),
    ROW("_csv.Dialect", DialectObj, EXU_OBJ(DialectObj, lineterminator)),
    ROW("_csv.reader", ReaderObj, EXU_OBJ_AS(ReaderObj, input_iter, "iterator"), EXU_OBJ(ReaderObj, dialect),
        EXU_OBJ(ReaderObj, fields), EXU_BUF(ReaderObj, field)),
    ROW("_csv.writer", WriterObj, EXU_OBJ(WriterObj, write), EXU_OBJ(WriterObj, dialect),
        EXU_OBJ(WriterObj, error_obj), EXU_BUF(WriterObj, rec)),
    ROW_WALK("_json.Scanner", PyScannerObject, walk_json_scanner, NULL, EXU_OBJ(PyScannerObject, object_hook),
             EXU_OBJ(PyScannerObject, object_pairs_hook), EXU_OBJ(PyScannerObject, parse_float),
             EXU_OBJ(PyScannerObject, parse_int), EXU_OBJ(PyScannerObject, parse_constant),
             EXU_OBJ(PyScannerObject, memo), EXU_OBJ(PyScannerObject, array_hook),
             EXU_OBJ(PyScannerObject, encoding)),
    ROW_WALK("_json.Encoder", PyEncoderObject, walk_json_encoder, NULL, EXU_OBJ(PyEncoderObject, markers),
             EXU_OBJ_AS(PyEncoderObject, defaultfn, "default"), EXU_OBJ(PyEncoderObject, encoder),
             EXU_OBJ(PyEncoderObject, indent), EXU_OBJ(PyEncoderObject, key_separator),
             EXU_OBJ(PyEncoderObject, item_separator)),

    /* _pickle.c: pers_func_self is borrowed, input_buffer lies in the buffer's object. */
    ROW_WALK("_pickle.Pickler", PicklerObject, walk_pickler, size_of_pickler,
             EXU_OBJ_AS(PicklerObject, pers_func, "persistent_id"),
             EXU_OBJ(PicklerObject, persistent_id_attr), EXU_OBJ(PicklerObject, dispatch_table),
             EXU_OBJ(PicklerObject, reducer_override), EXU_OBJ(PicklerObject, write),
             EXU_OBJ(PicklerObject, output_buffer), EXU_OBJ(PicklerObject, fast_memo),
             EXU_OBJ(PicklerObject, buffer_callback)),
    ROW_WALK(
        "_pickle.Unpickler", UnpicklerObject, NULL, size_of_unpickler, EXU_OBJ(UnpicklerObject, stack),
        EXU_ARR(UnpicklerObject, memo, memo_size), EXU_OBJ_AS(UnpicklerObject, pers_func, "persistent_load"),
        EXU_OBJ(UnpicklerObject, persistent_load_attr), EXU_OBJ_AS(UnpicklerObject, buffer_obj, "buffer"),
        EXU_OBJ(UnpicklerObject, read), EXU_OBJ(UnpicklerObject, readinto),
        EXU_OBJ(UnpicklerObject, readline), EXU_OBJ(UnpicklerObject, peek), EXU_OBJ(UnpicklerObject, buffers),
        EXU_BUF(UnpicklerObject, input_line), EXU_BUF(UnpicklerObject, encoding),
        EXU_BUF(UnpicklerObject, errors), EXU_BUF(UnpicklerObject, marks)),
    ROW("_pickle.Pdata", Pdata, {EXU_Pdata_data, EXU_PyVarObject_ob_size, EXU_SLOT_ARRAY, "data"}),
    ROW("_pickle.PicklerMemoProxy", PicklerMemoProxyObject, EXU_OBJ(PicklerMemoProxyObject, pickler)),
    ROW("_pickle.UnpicklerMemoProxy", UnpicklerMemoProxyObject, EXU_OBJ(UnpicklerMemoProxyObject, unpickler)),

    /* _sre/sre.h: the other pointers of a scanner's state point into the string's data. */
    PATTERN("re.Pattern"),
    PATTERN("_sre.SRE_Pattern"), /* <= 3.6 */
    MATCH("re.Match"),
    MATCH("_sre.SRE_Match"),
    ROW_WALK("_sre.SRE_Scanner", ScannerObject, walk_scanner, NULL, EXU_OBJ(ScannerObject, pattern),
             EXU_OBJ_AS(ScannerObject, state_string, "string"),
             EXU_OBJ_AS(ScannerObject, state_buffer_obj, "buffer"), EXU_BUF(ScannerObject, state_data_stack)),
    ROW_WALK("_sre.SRE_Template", TemplateObject, walk_template, NULL, EXU_OBJ(TemplateObject, literal)),

    /* zlibmodule.c, _bz2module.c, _lzmamodule.c */
    ROW("zlib.Compress", compobject, EXU_OBJ(compobject, unused_data), EXU_OBJ(compobject, unconsumed_tail),
        EXU_OBJ(compobject, zdict), EXU_BUF(compobject, zst_state), EXU_BUF(compobject, lock)),
    ROW("zlib.Decompress", compobject, EXU_OBJ(compobject, unused_data), EXU_OBJ(compobject, unconsumed_tail),
        EXU_OBJ(compobject, zdict), EXU_BUF(compobject, zst_state), EXU_BUF(compobject, lock)),
    ROW("zlib._ZlibDecompressor", ZlibDecompressor, EXU_OBJ(ZlibDecompressor, zdict),
        EXU_OBJ(ZlibDecompressor, unused_data), EXU_BUF(ZlibDecompressor, zst_state),
        EXU_BUF(ZlibDecompressor, input_buffer), EXU_BUF(ZlibDecompressor, lock)),
    ROW("_bz2.BZ2Compressor", BZ2Compressor, EXU_BUF(BZ2Compressor, bzs_state), EXU_BUF(BZ2Compressor, lock)),
    ROW("_bz2.BZ2Decompressor", BZ2Decompressor, EXU_OBJ(BZ2Decompressor, unused_data),
        EXU_BUF(BZ2Decompressor, bzs_state), EXU_BUF(BZ2Decompressor, input_buffer),
        EXU_BUF(BZ2Decompressor, lock)),
    ROW("_lzma.LZMACompressor", Compressor, EXU_BUF(Compressor, lzs_internal), EXU_BUF(Compressor, lock)),
    ROW("_lzma.LZMADecompressor", Decompressor, EXU_OBJ(Decompressor, unused_data),
        EXU_BUF(Decompressor, lzs_internal), EXU_BUF(Decompressor, input_buffer),
        EXU_BUF(Decompressor, lock)),

    /* _zstd, unicodedata.c */
    ROW("compression.zstd.ZstdCompressor", ZstdCompressor, EXU_OBJ(ZstdCompressor, dict),
        EXU_BUF(ZstdCompressor, cctx)),
    ROW("compression.zstd.ZstdDecompressor", ZstdDecompressor, EXU_OBJ(ZstdDecompressor, dict),
        EXU_OBJ(ZstdDecompressor, unused_data), EXU_BUF(ZstdDecompressor, dctx),
        EXU_BUF(ZstdDecompressor, input_buffer)),
    ROW("compression.zstd.ZstdDict", ZstdDict, EXU_OBJ(ZstdDict, c_dicts), EXU_BUF(ZstdDict, d_dict),
        EXU_BUF(ZstdDict, dict_buffer)),
    ROW("unicodedata.GraphemeBreakIterator", GraphemeBreakIterator, EXU_OBJ(GraphemeBreakIterator, iter_str)),
    ROW("unicodedata.Segment", SegmentObject, EXU_OBJ(SegmentObject, string)),

    /* Hashes own no object in any version; their own states are numbers, whatever their size. */
    {.name = "_md5.md5"},
    {.name = "_sha1.sha1"},
    {.name = "_sha256.sha224"},
    {.name = "_sha256.sha256"},
    {.name = "_sha512.sha384"},
    {.name = "_sha512.sha512"},
    {.name = "_hmac.HMAC"},
    {.name = "_sha.sha"},
    {.name = "_sha2.SHA224Type"},
    {.name = "_sha2.SHA256Type"},
    {.name = "_sha2.SHA384Type"},
    {.name = "_sha2.SHA512Type"},
    {.name = "_sha3.sha3_224"},
    {.name = "_sha3.sha3_256"},
    {.name = "_sha3.sha3_384"},
    {.name = "_sha3.sha3_512"},
    {.name = "_sha3.shake_128"},
    {.name = "_sha3.shake_256"},
    {.name = "_blake2.blake2b"},
    {.name = "_blake2.blake2s"},
    ROW("_hashlib.HASH", EVPobject, EXU_OBJ(EVPobject, name), EXU_BUF(EVPobject, ctx),
        EXU_BUF(EVPobject, lock)),
    LEAF("_hashlib.HASHXOF", EVPobject),
    ROW("_hashlib.HMAC", HMACobject, EXU_BUF(HMACobject, ctx), EXU_BUF(HMACobject, lock)),
    LEAF("_random.Random", RandomObject),
    LEAF("unicodedata.UCD", PreviousDBVersion),

    /* cjkcodecs/multibytecodec.c */
    MULTIBYTE_CODECS("_multibytecodec."),
    MULTIBYTE_CODECS(""), /* <= 3.9 */
};
FAMILY(modules_a);
