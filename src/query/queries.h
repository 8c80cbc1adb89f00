/* The questions of schema/queries, embedded when the program is built. */
#ifndef EXU_QUERY_QUERIES_H
#define EXU_QUERY_QUERIES_H

extern const char exu_sql_async_tasks_sql[], exu_sql_async_suspended_sql[], exu_sql_async_step_sql[],
    exu_sql_async_awaiters_sql[];
extern const char exu_sql_graph_objects_sql[], exu_sql_graph_buffers_sql[], exu_sql_graph_references_sql[],
    exu_sql_graph_frames_sql[], exu_sql_graph_variables_sql[];
extern const char exu_sql_where_root_sql[], exu_sql_where_traceback_sql[], exu_sql_where_frame_sql[],
    exu_sql_where_thread_sql[], exu_sql_where_module_sql[], exu_sql_where_exception_sql[],
    exu_sql_where_type_sql[], exu_sql_where_chunks_sql[], exu_sql_where_id_sql[], exu_sql_where_address_sql[];
extern const char exu_sql_audit_total_sql[], exu_sql_audit_anchors_sql[], exu_sql_audit_lower_sql[],
    exu_sql_audit_native_sql[], exu_sql_audit_higher_sql[];
extern const char exu_sql_types_sql[], exu_sql_referrers_sql[], exu_sql_object_around_sql[];
extern const char exu_sql_growth_types_sql[], exu_sql_growth_modules_sql[];
extern const char exu_sql_retained_objects_sql[], exu_sql_retained_groups_sql[];
extern const char exu_sql_info_threads_sql[], exu_sql_info_storage_sql[], exu_sql_info_allocators_sql[],
    exu_sql_info_mappings_sql[], exu_sql_info_memory_sql[], exu_sql_info_counts_sql[], exu_sql_info_anomalies_sql[],
    exu_sql_info_meta_sql[];
extern const char exu_sql_threads_sql[], exu_sql_threads_frames_sql[], exu_sql_threads_variables_sql[],
    exu_sql_threads_exceptions_sql[];
extern const char exu_sql_show_object_sql[], exu_sql_show_fields_sql[], exu_sql_show_referrers_sql[],
    exu_sql_show_content_sql[];
extern const char exu_sql_arenas_classes_sql[], exu_sql_arenas_fullness_sql[], exu_sql_arenas_owners_sql[],
    exu_sql_arenas_all_pins_sql[], exu_sql_arenas_one_sql[],
    exu_sql_arenas_pinned_sql[], exu_sql_arenas_pins_sql[], exu_sql_where_arena_sql[], exu_sql_arenas_total_sql[],
    exu_sql_gc_collectors_sql[], exu_sql_gc_cycle_types_sql[], exu_sql_gc_cycles_sql[],
    exu_sql_gc_finalizers_sql[], exu_sql_gc_garbage_sql[], exu_sql_gc_generations_sql[],
    exu_sql_gc_uncollectable_sql[], exu_sql_ledger_sql[], exu_sql_malloc_below_top_sql[],
    exu_sql_malloc_heaps_sql[], exu_sql_malloc_largest_free_sql[], exu_sql_malloc_owners_sql[],
    exu_sql_malloc_states_sql[], exu_sql_malloc_total_sql[];
extern const char exu_sql_explain_total_sql[], exu_sql_explain_traceback_sql[], exu_sql_explain_cycles_sql[],
    exu_sql_explain_live_sql[], exu_sql_explain_arenas_sql[], exu_sql_explain_top_sql[],
    exu_sql_explain_bins_sql[];
extern const char exu_sql_waste_duplicates_total_sql[], exu_sql_waste_duplicates_sql[], exu_sql_waste_tables_sql[],
    exu_sql_waste_lists_sql[], exu_sql_waste_key_sharing_sql[], exu_sql_waste_slots_sql[], exu_sql_waste_empty_sql[];
extern const char exu_sql_report_point_sql[], exu_sql_report_private_sql[], exu_sql_report_ledger_sql[], exu_sql_report_exceptions_sql[],
    exu_sql_report_tracebacks_sql[], exu_sql_report_traceback_lines_sql[], exu_sql_report_anomalies_sql[], exu_sql_report_dump_sql[];
extern const char exu_sql_privacy_variables_sql[], exu_sql_privacy_names_sql[];
extern const char exu_sql_treemap_top_sql[], exu_sql_treemap_children_sql[], exu_sql_path_tree_sql[];
extern const char exu_sql_map_pools_sql[], exu_sql_map_arenas_sql[], exu_sql_map_chunks_sql[];

#endif
