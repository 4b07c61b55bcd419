"""Tests of scikit-learn's module on searches, by name: which apply to ours, and what ours do there.

"same": ours do the same, as the test of ours shows that is named. "differs": on purpose, and how.
"not ours": the test is of something that our searches do not have.
"""

import re
from pathlib import Path

import pytest
import sklearn
from sklearn.model_selection import tests as theirs

HERE = Path(__file__).parent
CHECKS = "test_common_checks.py: scikit-learn's own checks on the three searches"

TABLE = {
    "test_validate_parameter_input": ("not ours", "ParameterGrid and ParameterSampler are scikit-learn's"),
    "test_parameter_grid": ("not ours", "ParameterGrid is scikit-learn's"),
    "test_grid_search": ("same", "test_the_best_is_an_ordinary_fit"),
    "test_grid_search_pipeline_steps": ("same", "test_steps_may_be_swapped"),
    "test_SearchCV_with_fit_params": ("same", "test_fit_parameters_are_split_with_the_clips"),
    "test_grid_search_no_score": ("same", "test_no_scoring_is_the_estimators_own_score"),
    "test_grid_search_score_method": ("same", "test_no_scoring_is_the_estimators_own_score"),
    "test_grid_search_groups": ("differs", "cv=None leaves one subject out and asks for groups"),
    "test_classes__property": ("same", "test_it_has_what_grid_search_has"),
    "test_trivial_cv_results_attr": ("same", "test_it_has_what_grid_search_has"),
    "test_no_refit": ("same", "test_without_refit_there_are_scores_alone"),
    "test_grid_search_error": ("same", CHECKS),
    "test_grid_search_one_grid_point": ("same", "test_the_best_is_an_ordinary_fit"),
    "test_grid_search_when_param_grid_includes_range": ("same", "test_any_classifier_is_searched"),
    "test_grid_search_bad_param_grid": ("same", "test_wrong_arguments_are_refused"),
    "test_grid_search_sparse": ("same", CHECKS),
    "test_grid_search_sparse_scoring": ("same", CHECKS),
    "test_grid_search_precomputed_kernel": (
        "not ours",
        "rows are clips, and no kernel of all clips is split",
    ),
    "test_grid_search_precomputed_kernel_error_nonsquare": ("not ours", "as above"),
    "test_refit": ("same", "test_the_best_is_an_ordinary_fit"),
    "test_refit_callable": ("same", "test_a_function_may_choose"),
    "test_refit_callable_invalid_type": ("same", "test_a_function_may_choose"),
    "test_refit_callable_out_bound": ("same", "test_a_function_may_choose"),
    "test_refit_callable_multi_metric": ("same", "test_one_callable_returns_several_metrics"),
    "test_gridsearch_nd": ("same", "test_the_criterion_is_the_score_of_all_folds_together"),
    "test_X_as_list": ("same", CHECKS),
    "test_y_as_list": ("same", CHECKS),
    "test_pandas_input": ("differs", "tables stay tables; y is an array of labels, whatever it came as"),
    "test_unsupervised_grid_search": ("not ours", "out-of-fold predictions of classes are what is scored"),
    "test_gridsearch_no_predict": ("not ours", "as above"),
    "test_param_sampler": ("not ours", "ParameterSampler is scikit-learn's"),
    "test_grid_search_cv_results": ("differs", "mean_test_score is pooled; mean_fold_test_score is theirs"),
    "test_random_search_cv_results": ("differs", "as above"),
    "test_search_default_iid": ("differs", "as above"),
    "test_grid_search_cv_results_multimetric": ("same", "test_several_metrics_of_which_one_decides"),
    "test_random_search_cv_results_multimetric": ("same", "test_several_metrics_of_which_one_decides"),
    "test_search_cv_score_samples_error": ("same", CHECKS),
    "test_unsupported_sample_weight_scorer": (
        "differs",
        "metrics count clips alike, so no metric must weigh",
    ),
    "test_search_cv_sample_weight_equivalence": ("differs", "as above, unless set_score_request asks for it"),
    "test_search_cv_score_samples_method": ("not ours", "classifiers have no score_samples"),
    "test_search_cv_results_rank_tie_breaking": (
        "same",
        "test_the_criterion_is_the_score_of_all_folds_together",
    ),
    "test_search_cv_results_none_param": ("same", "test_a_gpu_warns_once_of_candidates_that_are_not_stacked"),
    "test_search_cv_timing": ("same", "test_it_has_what_grid_search_has"),
    "test_grid_search_correct_score_results": (
        "same",
        "test_the_criterion_is_the_score_of_all_folds_together",
    ),
    "test_pickle": ("same", CHECKS),
    "test_grid_search_with_multioutput_data": ("not ours", "a clip has one class"),
    "test_predict_proba_disabled": ("same", CHECKS),
    "test_grid_search_allows_nans": ("same", "test_scikit_learns_tools_take_it"),
    "test_grid_search_failing_classifier": ("same", "test_a_search_gives_the_error_score"),
    "test_grid_search_classifier_all_fits_fail": ("same", "test_a_search_gives_the_error_score"),
    "test_grid_search_failing_classifier_raise": ("same", "test_a_search_gives_the_error_score"),
    "test_parameters_sampler_replacement": ("not ours", "ParameterSampler is scikit-learn's"),
    "test_stochastic_gradient_loss_param": ("same", CHECKS),
    "test_search_train_scores_set_to_false": ("same", "test_training_scores_are_those_of_the_training_rows"),
    "test_grid_search_cv_splits_consistency": (
        "differs",
        "splits are drawn once, and are the same for all fits",
    ),
    "test_transform_inverse_transform_round_trip": ("not ours", "a classifier transforms nothing"),
    "test_custom_run_search": ("differs", "_rounds is the hook of ours, and private"),
    "test__custom_fit_no_run_search": ("differs", "as above"),
    "test_empty_cv_iterator_error": ("same", "in other words: cv must make at least one split"),
    "test_random_search_bad_cv": ("differs", "splits are drawn once, whatever get_n_splits says"),
    "test_searchcv_raise_warning_with_non_finite_score": ("same", "test_scores_that_are_not_finite_warn"),
    "test_callable_multimetric_confusion_matrix": ("same", "test_one_callable_returns_several_metrics"),
    "test_callable_multimetric_same_as_list_of_strings": (
        "same",
        "test_one_callable_returns_several_metrics",
    ),
    "test_callable_single_metric_same_as_single_string": ("same", "test_scorers_get_the_true_rows"),
    "test_callable_multimetric_error_on_invalid_key": ("same", "test_wrong_arguments_are_refused"),
    "test_callable_multimetric_error_failing_clf": (
        "same",
        "test_a_fit_that_fails_has_all_metrics_of_a_callable",
    ),
    "test_callable_multimetric_clf_all_fits_fail": ("same", "test_callbacks_are_let_go_where_a_fit_fails"),
    "test_n_features_in": ("same", CHECKS),
    "test_search_cv_pairwise_property_delegated_to_base_estimator": ("same", CHECKS),
    "test_search_cv__pairwise_property_delegated_to_base_estimator": ("same", CHECKS),
    "test_search_cv_pairwise_property_equivalence_of_precomputed": (
        "not ours",
        "no kernel of all clips is split",
    ),
    "test_scalar_fit_param": ("same", "test_fit_parameters_are_split_with_the_clips"),
    "test_scalar_fit_param_compat": ("same", "test_fit_parameters_are_split_with_the_clips"),
    "test_search_cv_using_minimal_compatible_estimator": ("same", "test_any_classifier_is_searched"),
    "test_search_cv_verbose_3": ("differs", "a progress bar, and lines in a log"),
    "test_search_estimator_param": ("same", "test_clones_and_parameters"),
    "test_search_with_2d_array": ("same", "test_steps_may_be_swapped"),
    "test_search_html_repr": ("same", "test_clones_and_parameters"),
    "test_multi_metric_search_forwards_metadata": (
        "same",
        "test_metrics_count_alike_unless_they_ask_for_weights",
    ),
    "test_score_rejects_params_with_no_routing_enabled": ("same", "inherited: score is BaseSearchCV's"),
    "test_cv_results_dtype_issue_29074": ("same", "test_it_has_what_grid_search_has"),
    "test_search_with_estimators_issue_29157": ("same", "test_steps_may_be_swapped"),
    "test_cv_results_multi_size_array": ("same", "test_it_has_what_grid_search_has"),
    "test_array_api_search_cv_classifier": ("not ours", "labels and predictions are numpy's"),
    "test_yield_masked_array_for_each_param": ("not ours", "a private function, which is used as it is"),
    "test_yield_masked_array_no_runtime_warning": ("not ours", "as above"),
    "test_search_callbacks_no_propagation": ("same", "test_callbacks_are_heard_as_by_grid_search"),
    "test_search_callbacks_propagation": (
        "differs",
        "callbacks join the last fit; no other runs where they are",
    ),
    "test_search_callbacks_receive_sample_weight": ("same", "test_callbacks_are_heard_as_by_grid_search"),
    "test_search_callbacks_receive_search_instance": ("same", "test_callbacks_are_heard_as_by_grid_search"),
    "test_search_callbacks_with_partial_fit_failures": (
        "same",
        "test_callbacks_are_let_go_where_a_fit_fails",
    ),
}


def _names(folder):
    texts = [path.read_text(encoding="utf-8") for path in folder.glob("test*.py")]
    return {name for text in texts for name in re.findall(r"^def (test_\w+)", text, re.M)}


def test_every_test_of_theirs_is_in_the_table():
    module = Path(theirs.__file__).parent / "test_search.py"
    if not module.exists():
        pytest.skip("this scikit-learn comes without its tests")
    names = set(re.findall(r"^def (test_\w+)", module.read_text(encoding="utf-8"), re.M))
    assert names <= TABLE.keys()
    if sklearn.__version__.startswith("1.9"):
        assert names == TABLE.keys()


def test_every_test_of_ours_that_it_names_is_there():
    ours = _names(HERE) | _names(HERE.parent)
    named = {note for verdict, note in TABLE.values() if verdict == "same" and note.startswith("test_")}
    assert {note for note in named if note != CHECKS} <= ours
    assert (HERE.parent / "test_common_checks.py").exists()
    assert {verdict for verdict, _ in TABLE.values()} == {"same", "differs", "not ours"}
