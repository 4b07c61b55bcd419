"""The classes and functions that a model file may name, and what their parameters and attributes may hold.

A name that is not in these tables is refused, whatever package it is in: a prefix of modules is no boundary.
`skmer.io._forms` reads the forms of the attributes.
"""

from importlib import import_module

import numpy as np

from skmer.io._forms import parse_forms

NETS = {
    "skmer.classifiers.DeReGRLClassifier": ("DeReGRL", "DeReGRLLoss"),
    "skmer.classifiers.FlowNetClassifier": ("FlowNetwork", "WeightedCrossEntropy"),
    "skmer.classifiers.DSSNClassifier": ("DSSN", "WeightedCrossEntropy"),
    "skmer.classifiers.LEARNetClassifier": ("LEARNet", "WeightedCrossEntropy"),
    "skmer.classifiers.LFMClassifier": ("LFM", "WeightedCrossEntropy"),
    "skmer.classifiers.LGCconClassifier": ("LGCcon", "LGCconLoss"),
    "skmer.classifiers.GTCNClassifier": ("GraphTCN", "WeightedCrossEntropy"),
}


def parts_of(net, objects):
    """Return the objects that parameters of a net may be: no network and no loss other than its own.

    Parameters
    ----------
    net : str
        Name of the class, among ``NETS``.
    objects : dict of str to set of str
        Names of classes and functions by parameter.

    Returns
    -------
    objects : dict of str to set of str
    """
    module, criterion = NETS[net]
    return objects | {"module": {f"skmer.nn.{module}"}, "criterion": {f"skmer.nn.{criterion}"}}


# Parameters that a file may hold with these values alone. Others name a place that is written to or read from
# (memory is a folder of pickles), start a compiler, or serve training alone: `save` leaves them out.
LASTING = {
    "memory": (None, "auto"),
    "predictor": (None,),
    "pretrained": (None,),
    "verify_predictor": (True,),
    "callbacks": (None,),
    "train_split": (None,),
    "compile": (False,),
    "torch_load_kwargs": (None,),
    "random_state": (None,),  # or an integer
    "n_jobs": (None,),  # or a number of jobs that a machine may run
}
MAX_JOBS = 1024
# For classes other than skmer's own "auto" is the name of a folder.
FOREIGN_MEMORY = (None,)

# Attributes of any fitted estimator. F is the number of features, C that of classes.
_ANY = "n_features_in_:int feature_names_in_:names[F] _n_features_out:int n_iter_:int|float|none|i "
_ANY += "_sklearn_output_config:output "
_CLASSES = "classes_:labels[C] class_weight_:f[C] "
_NAIVE = _CLASSES + "class_count_:f[C] class_log_prior_:f[C] feature_count_:f[C,F] feature_log_prob_:f[C,F] "
# Of two classes there is one column of decisions (D), of more as many as classes, or one for each pair (P).
_LINEAR = _CLASSES + "coef_:f[D,F] intercept_:f[D]|float "
_RIDGE = _CLASSES + "coef_:f[F]|f[D,F] intercept_:f[D]|float "
_REGRESSION = "coef_:f[F]|f[*,F] intercept_:float|f[*] rank_:int singular_:f[*] alpha_:float solver_:str "
_LIBSVM = (
    "_sparse:false _effective_probability:bool _gamma:float support_:i[S] support_vectors_:f[S,F]|f[0,0] "
    "shape_fit_:sizes fit_status_:int _num_iter:i n_iter_:int|i offset_:f[1] "
    "_BaseLibSVM__Xfit:f[*,*] "
)
_SVC = (
    _LIBSVM
    + _CLASSES
    + (
        "_n_support:i[C] dual_coef_:f[C-1,S] _dual_coef_:f[C-1,S] intercept_:f[P] _intercept_:f[P] "
        "_probA:f[P]|f[0] _probB:f[P]|f[0] "
    )
)
_SVR = _LIBSVM + (
    "_n_support:i[2] dual_coef_:f[1,S] _dual_coef_:f[1,S] intercept_:f[1] _intercept_:f[1] "
    "_probA:f[1]|f[0] _probB:f[1]|f[0] "
)
_SELECTION = "scores_:f~[F] pvalues_:f~[F]|none "
_PROJECTION = "components_:f[K,F] mean_:f[F] n_components_:int "
_PCA = _PROJECTION + (
    "explained_variance_:f[K] explained_variance_ratio_:f[K] singular_values_:f[K] noise_variance_:float~ "
    "n_samples_:int _fit_svd_solver:str n_samples_seen_:int|float var_:f[F] batch_size_:int "
)
_NEIGHBORS = (
    "classes_:labels[C] outputs_2d_:bool _y:i[S]|f[S] effective_metric_params_:plain effective_metric_:str "
    "_fit_method:str _fit_X:f[S,F] n_samples_fit_:int _tree:none "
)

# Learned attributes of scikit-learn's estimators. Private ones must be named here; a public one that is not,
# since another version of scikit-learn has it, may hold plain numbers, text and arrays.
_SKLEARN = {
    "pipeline.Pipeline": "",
    "pipeline.FeatureUnion": "",
    "ensemble.VotingClassifier": (
        "classes_:labels[C] estimators_:estimators le_:=sklearn.preprocessing.LabelEncoder"
    ),
    "preprocessing.StandardScaler": "mean_:f~[F]|none var_:f~[F]|none scale_:f~[F]|none",
    "preprocessing.MinMaxScaler": "min_:f~[F] scale_:f~[F] data_min_:f~[F] data_max_:f~[F] data_range_:f~[F]",
    "preprocessing.MaxAbsScaler": "max_abs_:f~[F] scale_:f~[F]",
    "preprocessing.RobustScaler": "center_:f~[F]|none scale_:f~[F]|none",
    "preprocessing.QuantileTransformer": "references_:f[Q] quantiles_:f~[Q,F] n_quantiles_:int",
    "preprocessing.PowerTransformer": "lambdas_:f~[F] _scaler:=sklearn.preprocessing.StandardScaler",
    "preprocessing.FunctionTransformer": "",  # no function, as FeatureUnion's passthrough, or one of OBJECTS
    "preprocessing.Normalizer": "",
    "preprocessing.Binarizer": "",
    "preprocessing.PolynomialFeatures": (
        "n_output_features_:int _n_out_full:int _min_degree:int _max_degree:int"
    ),
    "preprocessing.KernelCenterer": "K_fit_rows_:f[S] K_fit_all_:float",
    "preprocessing.LabelBinarizer": "classes_:labels[C] y_type_:str sparse_input_:bool",
    "preprocessing.LabelEncoder": "classes_:labels[C]",
    "impute.SimpleImputer": "statistics_:f~[F]|labels[F] indicator_:none _fit_dtype:dtype _fill_dtype:dtype",
    "decomposition.PCA": _PCA,
    "decomposition.IncrementalPCA": _PCA,
    "decomposition.TruncatedSVD": _PCA,
    "decomposition.FactorAnalysis": "components_:f[K,F] mean_:f[F] noise_variance_:f[F]",
    "decomposition.FastICA": (
        "components_:f[K,F] mean_:f[F] whitening_:f[K,F] mixing_:f[F,K] _unmixing:f[K,K]"
    ),
    "decomposition.SparsePCA": _PROJECTION,
    "decomposition.NMF": "components_:f[K,F] _n_components:int _beta_loss:int|float n_components_:int",
    "decomposition.KernelPCA": (
        "eigenvalues_:f[K] eigenvectors_:f[S,K] X_fit_:f[S,F] gamma_:float dual_coef_:f[S,F] "
        "X_transformed_fit_:f[S,K] _centerer:=sklearn.preprocessing.KernelCenterer"
    ),
    "kernel_approximation.Nystroem": ("components_:f[K,F] normalization_:f[K,K] component_indices_:i[K]"),
    "kernel_approximation.RBFSampler": "random_weights_:f[F,K] random_offset_:f[K] _gamma:float",
    "feature_selection.VarianceThreshold": "variances_:f~[F]",
    **dict.fromkeys(
        (
            f"feature_selection.{name}"
            for name in (
                "SelectKBest",
                "SelectPercentile",
                "SelectFpr",
                "SelectFdr",
                "SelectFwe",
                "GenericUnivariateSelect",
            )
        ),
        _SELECTION,
    ),
    "discriminant_analysis.LinearDiscriminantAnalysis": _LINEAR
    + (
        "priors_:f[C] means_:f[C,F] xbar_:f[F] scalings_:f[F,K] _max_components:int covariance_:f[F,F] "
        "explained_variance_ratio_:f[*]"
    ),
    "discriminant_analysis.QuadraticDiscriminantAnalysis": "classes_:labels[C] priors_:f[C] means_:f[C,F]",
    "naive_bayes.GaussianNB": (
        "classes_:labels[C] epsilon_:float theta_:f[C,F] var_:f[C,F] class_count_:f[C] class_prior_:f[C]"
    ),
    "naive_bayes.BernoulliNB": _NAIVE,
    "naive_bayes.MultinomialNB": _NAIVE,
    "naive_bayes.ComplementNB": _NAIVE + "feature_all_:f[F]",
    "linear_model.LogisticRegression": _LINEAR,
    "linear_model.LogisticRegressionCV": _LINEAR + "Cs_:f C_:f|float",
    "linear_model.RidgeClassifier": _RIDGE
    + "solver_:str _label_binarizer:=sklearn.preprocessing.LabelBinarizer",
    "linear_model.RidgeClassifierCV": (
        _RIDGE + "alpha_:float best_score_:float _label_binarizer:=sklearn.preprocessing.LabelBinarizer"
    ),
    **dict.fromkeys(
        (
            f"linear_model.{name}"
            for name in ("LinearRegression", "Ridge", "RidgeCV", "Lasso", "ElasticNet", "BayesianRidge")
        ),
        _REGRESSION + "X_offset_:f[F] X_scale_:f[F] lambda_:float|f[F]",
    ),
    "svm.SVC": _SVC,
    "svm.NuSVC": _SVC,
    "svm.SVR": _SVR,
    "svm.NuSVR": _SVR,
    "svm.LinearSVC": _LINEAR,
    "svm.LinearSVR": _REGRESSION,
    "neighbors.KNeighborsClassifier": _NEIGHBORS,
    "neighbors.NearestCentroid": (
        "classes_:labels[C] class_prior_:f[C] centroids_:f[C,F] within_class_std_dev_:f[F] deviations_:f[C,F]"
    ),
    "dummy.DummyClassifier": (
        "classes_:labels[C]|plain _strategy:str sparse_output_:bool n_outputs_:int n_classes_:int|plain "
        "class_prior_:f[C]|plain constant_:plain"
    ),
    "dummy.DummyRegressor": "n_outputs_:int constant_:f[1,*]",
}

# Transformers of clips, which learn nothing.
_FEATURES = (
    "LandmarkGraphTransformer",
    "FaceCropper",
    "TemporalInterpolator",
    "LocalBinaryPatterns",
    "DirectionGradients",
    "OrientedGradients",
    "BiWOOF",
    "MDMO",
    "FlowMaps",
    "ApexImage",
    "DynamicImage",
    "LandmarkFeatureMaps",
    "LandmarkPatches",
    "NodeDisplacements",
    "PooledMaps",
)
# Our own. Nets are in `skmer.io._nets`; an ensemble holds a list of fitted ones.
_OURS = {
    **{f"skmer.feature_extraction.{name}": "" for name in _FEATURES},
    "skmer.landmarks.FaceLandmarker": "",
    "skmer.magnification.MotionMagnifier": "",
    "skmer.pipelines.GatedPipeline": "",
    "skmer.classifiers.SeedEnsemble": "classes_:labels[C] estimators_:estimators",
    "skmer.classifiers.VotingClassifierCV": (
        "classes_:labels[C] estimators_:estimators le_:=sklearn.preprocessing.LabelEncoder scores_:f~[E] "
        "weights_:f[E]"
    ),
    "skmer.classifiers.FlipAugmentedClassifier": "classes_:labels[C] estimator_:estimator",
    "skmer.classifiers.BalancedLDA": "classes_:labels[C] coef_:f[D,F] intercept_:f[D]",
    "skmer.classifiers.KTGSL": (
        "classes_:labels[C] block_weights_:f[B] n_blocks_:i[2] coef_:f[C,S] intercept_:f[C] objective_:f[*] "
        "X_fit_:f[S,F] gammas_:f[B] traces_:f[B]"
    ),
    "skmer.spotting.MotionSpotter": "choices_:choices levels_:arrays whitening_:arrays longest_:float~",
    "skmer.spotting.MDMDSpotter": "choices_:choices",
    "skmer.spotting.OpticalFlowSpotter": "choices_:choices",
    "skmer.spotting.SpotThenRecognise": "spotter_:estimator pipeline_:estimator classes_:labels[C]",
}

_LANDMARKER = {"landmarker": ("skmer.landmarks.FaceLandmarker",)}
_WITH_LANDMARKER = ("FaceCropper", "LandmarkFeatureMaps", "LandmarkPatches", "MDMO")
# Parameters that hold other than plain values: estimators by name of class, "estimator" for any, "steps".
NESTED = {
    "sklearn.pipeline.Pipeline": {"steps": "steps"},
    "skmer.pipelines.GatedPipeline": {"steps": "steps"},
    "sklearn.pipeline.FeatureUnion": {"transformer_list": "steps"},
    "sklearn.ensemble.VotingClassifier": {"estimators": "steps"},
    "skmer.classifiers.SeedEnsemble": {"estimator": "estimator"},
    "skmer.classifiers.VotingClassifierCV": {"estimators": "steps"},
    "skmer.classifiers.FlipAugmentedClassifier": {"estimator": "estimator", "graph": "graph"},
    "skmer.spotting.SpotThenRecognise": {"spotter": "estimator", "pipeline": "estimator"},
    "skmer.feature_extraction.LandmarkGraphTransformer": {**_LANDMARKER, "graph": "graph"},
    **{f"skmer.feature_extraction.{name}": _LANDMARKER for name in _WITH_LANDMARKER},
}

_SCORES = ["f_classif", "chi2", "f_regression", "r_regression"]
_SCORES += [f"mutual_info_{kind}" for kind in ("classif", "regression")]
_OPTIMIZERS = (
    "Adadelta",
    "Adagrad",
    "Adam",
    "AdamW",
    "Adamax",
    "ASGD",
    "NAdam",
    "RAdam",
    "RMSprop",
    "Rprop",
    "SGD",
)
# Parameters of any class that hold a class or function, and which.
OBJECTS = {
    "score_func": {f"sklearn.feature_selection.{name}" for name in _SCORES},
    "optimizer": {f"torch.optim.{name}" for name in _OPTIMIZERS},
    "module": {f"skmer.nn.{module}" for module, _ in NETS.values()},
    "criterion": {f"skmer.nn.{criterion}" for _, criterion in NETS.values()},
    "kernel": {"skmer.classifiers.histogram_intersection"},
    "func": {f"skmer.feature_extraction.{name}" for name in ("sample_nodes", "normalize_maps")},
    "iterator_train": {"torch.utils.data.DataLoader"},
    "iterator_valid": {"torch.utils.data.DataLoader"},
}
FORMS = {f"sklearn.{name}": parse_forms(_ANY + forms) for name, forms in _SKLEARN.items()}
FORMS |= {name: parse_forms(_ANY + forms) for name, forms in _OURS.items()}
CLASSES = {*FORMS, *NETS}


def lasts(owner, name, value):
    """Return whether a parameter of a class may be kept in a file with this value.

    Parameters
    ----------
    owner, name : str
        Name of the class and of the parameter.
    value : object
        Its value.

    Returns
    -------
    lasts : bool
    """
    if name == "random_state":
        return value is None or (isinstance(value, int | np.integer) and not isinstance(value, bool))
    if name == "n_jobs":
        return value is None or (isinstance(value, int | np.integer) and -MAX_JOBS <= value <= MAX_JOBS)
    if name not in LASTING:
        return True
    allowed = FOREIGN_MEMORY if name == "memory" and not owner.startswith("skmer.") else LASTING[name]
    # By type first: 0 equals False, and an array would be compared entry by entry.
    return (value is None and None in allowed) or (isinstance(value, bool | str) and value in allowed)


def check_trusted(trusted):
    """Return the names that a user trusts.

    Parameters
    ----------
    trusted : iterable of str
        Exact dotted names.

    Returns
    -------
    names : frozenset of str
    """
    names = [trusted] if isinstance(trusted, str) else list(trusted)
    bad = [name for name in names if not isinstance(name, str) or "." not in name]
    if isinstance(trusted, str) or bad:
        raise ValueError(
            f"trusted must be a list of exact dotted names such as 'package.module.Class', got {trusted!r}."
        )
    return frozenset(names)


def resolve(name):
    """Return the class or function of a name that has been found in a table or among the trusted ones.

    Parameters
    ----------
    name : str
        Dotted name.

    Returns
    -------
    member : object
    """
    module, _, attribute = name.rpartition(".")
    try:
        return getattr(import_module(module), attribute)
    except (ImportError, AttributeError) as error:
        raise ValueError(f"it names {name}, which this installation lacks: {error}") from error


def name_of(member, names):
    """Return the name, among those given, of a class or function.

    Parameters
    ----------
    member : object
        Class or function.
    names : container of str
        Names that may be used.

    Returns
    -------
    name : str

    Raises
    ------
    ValueError
        If it has none.
    """
    home, own = (
        str(getattr(member, "__module__", "")),
        str(getattr(member, "__qualname__", type(member).__name__)),
    )
    parts = home.split(".")
    # The most public module first: torch.optim.AdamW before torch.optim.adamw.AdamW.
    for n_parts in range(1, len(parts) + 1):
        name = ".".join([*parts[:n_parts], own])
        if name in names and resolve(name) is member:
            return name
    way = f"pass trusted=['{home}.{own}'] here and to load"
    if not own.isidentifier():
        way = "define it at the top of a module and name it in trusted="
    raise ValueError(
        f"{home}.{own} is not among the classes and functions that model files may name; if it is your own, "
        f"{way}, or use joblib.dump"
    )
