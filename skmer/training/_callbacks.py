"""Callbacks that every net of the package has."""

from skorch.callbacks import Callback, PrintLog
from torch.optim.lr_scheduler import OneCycleLR


def one_cycle(optimizer, lr, n_steps):
    """Return the schedule of one cycle with the maximum ``lr``, to be stepped ``n_steps - 1`` times."""
    return OneCycleLR(optimizer, max_lr=lr, total_steps=n_steps, cycle_momentum=False)


class OneCycle(Callback):
    """Raise the learning rate to its maximum over 30 % of the steps, then lower it to almost nothing.

    `torch.optim.lr_scheduler.OneCycleLR` with the number of steps taken from the data; the maximum is the
    net's ``lr``. Every call of ``fit`` or ``partial_fit`` is one cycle.
    """

    def on_train_begin(self, net, **kwargs):
        """Forget the schedule of an earlier call."""
        self.scheduler_ = None

    def on_epoch_begin(self, net, dataset_train=None, **kwargs):
        """Start the cycle with the first epoch, when the number of batches is known."""
        if self.scheduler_ is None:
            n_steps = net.max_epochs * len(net.get_iterator(dataset_train, training=True))
            self.scheduler_ = one_cycle(net.optimizer_, net.lr, n_steps)
            self.steps_left_ = n_steps - 1

    def on_batch_end(self, net, training=False, **kwargs):
        """Move on by one step."""
        if training and self.steps_left_ > 0:
            self.scheduler_.step()
            self.steps_left_ -= 1

    def on_train_end(self, net, **kwargs):
        """Let go of the optimizer."""
        self.scheduler_ = None


class QuietPrintLog(PrintLog):
    """skorch's table of epochs; it lays no table out that nobody reads."""

    def on_epoch_end(self, net, **kwargs):
        """Print the epoch where ``verbose`` asks for it."""
        if net.verbose:
            super().on_epoch_end(net, **kwargs)
