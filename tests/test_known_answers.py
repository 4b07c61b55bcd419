"""The thirty known answers of the published methods, by number, and the tests that hold each.

Numbers are those of the list from which the methods were built: tables and codes first, then flow, networks,
landmarks, scores, and last the corpus whose truth is known.
"""

import ast
from functools import cache
from pathlib import Path

import pytest

TESTS = Path(__file__).parent
LBP, SDG = "feature_extraction/test_local_binary_patterns.py", "feature_extraction/test_gradients.py"
TIM, EVM = "feature_extraction/test_temporal_interpolator.py", "magnification/test_temporal_filter.py"
KERNEL, KTGSL = "classifiers/test_intersection.py", "classifiers/test_ktgsl.py"
FLOW, STRAIN = "frames/test_flow.py", "frames/test_strain.py"
WOOF, MDMO = "feature_extraction/test_bi_woof.py", "feature_extraction/test_mdmo.py"
PICTURES, MAPS = "feature_extraction/test_clip_images.py", "feature_extraction/test_landmark_maps.py"
PATCHES, FLOW_NETS = "feature_extraction/test_landmark_patches.py", "nn/test_flow_networks.py"
DSSN, LEARNET = "nn/test_alexnet_streams.py", "nn/test_learnet.py"
REGIONS, LANDMARKS = "nn/test_region_network.py", "nn/test_landmark_networks.py"
IMAGE_NETS, MAP_NETS = "classifiers/test_image_nets.py", "classifiers/test_map_net.py"
COMMON, SCORES = "classifiers/test_map_common_checks.py", "metrics/test_published_averages.py"
METHODS, NETWORKS = "pipelines/test_published_methods.py", "pipelines/test_networks.py"
FLOW_MAPS = "feature_extraction/test_flow_maps.py"

HELD_BY = {
    1: {LBP: "the_uniform_table"},
    2: {LBP: "codes_of_a_frame_are_scikit_images"},
    3: {LBP: "codes_over_time_are_scikit_images"},
    4: {LBP: "codes_of_ramps vertices_of_oblique_ramps"},
    5: {LBP: "codes_are_those_of_a_naive_loop only_rounding_errors_are_forgiven"},
    6: {LBP: "lengths_names_and_sums names_are_plane_major"},
    7: {LBP: "the_least_number_of_frames"},
    8: {LBP: "an_affine_change_of_light_changes_nothing reversed_time_changes_all_planes_but_xy"},
    9: {
        KERNEL: "equals_a_double_loop the_diagonal_is_the_number_of_histograms is_positive_semi_definite",
    },
    10: {
        TIM: "tim_is_the_published_model rows_sum_to_one_and_the_same_length_is_the_identity "
        "first_and_last_frame_stay_and_a_still_video_too",
    },
    11: {
        EVM: "a_constant_video_stays the_response_to_a_step_of_a_kept_level "
        "a_step_of_the_light_is_not_magnified one_and_less_change_nothing",
    },
    12: {
        SDG: "a_ramp_in_time_fills_one_bin a_step_along_no_gradient_is_in_the_dead_zone "
        "the_opposite_direction",
    },
    13: {
        KTGSL: "the_objective_never_rises large_penalties_of_the_weights_leave_the_most_frequent_class "
        "strategy_1_without_a_second_group_is_a_lasso_on_the_kernel_of_the_first "
        "blocks_in_another_order_have_their_weights_in_that_order "
        "a_planted_block_has_the_largest_weight_at_the_penalties_that_a_search_chooses",
    },
    14: {
        FLOW: "a_shift_of_part_of_a_pixel_is_found_by_each_method",
        FLOW_MAPS: "a_shift_is_found_in_px_of_the_frame",
    },
    15: {STRAIN: "known_fields the_first_row_and_column_have_no_difference_across_them"},
    16: {
        WOOF: "a_uniform_flow_has_no_strain_and_so_no_feature no_motion_is_zero_and_not_nan "
        "blocks_of_a_stretch_weigh_as_much_as_their_areas a_turn_by_45_degrees_shifts_the_bins_by_one",
    },
    17: {
        MDMO: "affine_motion_is_no_feature_after_alignment scaling_the_flow_leaves_the_feature "
        "without_alignment_each_region_has_the_same_vector the_eight_directions_have_bins_of_their_own",
    },
    18: {
        PICTURES: "weights_of_rank_pooling a_still_video keyframes_are_sequences_of_three "
        "weights_of_the_code_of_learnet_leave_the_face_in",
    },
    19: {
        FLOW_NETS: "numbers_of_parameters",
        DSSN: "numbers_of_parameters",
        LEARNET: "numbers_of_parameters",
        LANDMARKS: "numbers_of_parameters",
        REGIONS: "vgg_has_its_parameters",
    },
    20: {FLOW_NETS: "sizes_inside_ststnet", DSSN: "sizes_inside", LEARNET: "sizes_inside"},
    21: {
        DSSN: "the_rim_is_zero_and_changes_no_logit a_silent_stream_leaves_the_bias_of_a_product "
        "swapping_streams_and_their_branches_commutes",
    },
    22: {FLOW_NETS: "attention_over_one_token_is_the_identity"},
    23: {
        REGIONS: "the_score_is_the_face_plus_the_best_region_of_each_class terms_and_their_weights",
        IMAGE_NETS: "the_loss_of_lgccon_has_its_terms_and_weights",
    },
    24: {
        MAPS: "maps_are_symmetric_with_a_zero_diagonal_and_largest_entry_one "
        "place_turn_and_size_of_the_face_do_not_matter strength_does_not_matter_to_first_order "
        "growth_of_the_whole_face_is_the_same_everywhere",
    },
    25: {
        PATCHES: "views_around_alpha_hold_the_magnified_apex_minus_the_onset the_border_goes_on "
        "a_picture_of_its_own_coordinates_has_the_landmark_in_the_middle",
    },
    26: {LANDMARKS: "no_output_sees_a_later_input the_receptive_field_is_3061 layouts"},
    27: {SCORES: "the_f1_of_dssn_is_no_macro_f1 a_mean_over_subjects_is_no_pooled_accuracy"},
    28: {
        METHODS: "no_held_out_clip_takes_part",
        NETWORKS: "the_audit_finds_no_leak the_audit_finds_no_leak_on_faces_and_landmarks",
        IMAGE_NETS: "views_stay_in_their_clip_and_share_its_weight",
        MAP_NETS: "batches_are_shuffled_and_none_is_dropped",
    },
    29: {COMMON: "scikit_learn_check the_suite_is_not_skipped"},
    30: {
        METHODS: "is_well_above_the_majority_baseline guesses_shuffled_labels "
        "stabilized_crops_see_the_face_through_the_head_and_the_light",
        NETWORKS: "networks_beat_the_majority_on_other_subjects lfm_from_landmarks "
        "networks_on_faces_beat_the_majority_on_other_subjects networks_on_faces_guess_shuffled_labels",
    },
}


@cache
def functions(file):
    tree = ast.parse((TESTS / file).read_text(encoding="utf-8"))
    return {node.name: node for node in tree.body if isinstance(node, ast.FunctionDef)}


def test_no_number_is_left_out():
    assert list(HELD_BY) == list(range(1, 31))


@pytest.mark.parametrize("number", HELD_BY)
def test_each_known_answer_is_held_by_tests(number):
    for file, names in HELD_BY[number].items():
        for name in names.split():
            body = functions(file).get(f"test_{name}")
            assert body is not None, f"{file} has no test_{name}"
            marks = [ast.unparse(mark) for mark in body.decorator_list]
            assert not any(".skip" in mark or ".xfail" in mark for mark in marks), (file, name, marks)
