"""The nets that a model file may hold, each with the network and the loss that it is built with."""

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
    """Return what the parameters of a net may hold: no network and no loss other than its own.

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
