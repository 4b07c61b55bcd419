import subprocess
import sys

import numpy as np
import pytest
import torch
from safetensors.torch import save_file
from torch.nn import functional

from skmer.magnification import MagNet, MagNetTraining, MotionMagnifier, train_magnet
from skmer.magnification._magnet import draw_batch


@pytest.fixture(scope="module")
def net():
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        return MagNet().eval()


@pytest.fixture(scope="module")
def trained():
    return train_magnet(300, batch_size=4, size=16, alpha=(2.0, 6.0), lr=2e-3, random_state=0)


def frames(seed=0, size=16):
    return torch.rand(2, 3, size, size, generator=torch.Generator().manual_seed(seed)) * 2 - 1


def test_the_published_number_of_parameters(net):
    assert sum(parameter.numel() for parameter in net.parameters()) == 918_928
    assert not [name for name in net.state_dict() if "bias" in name or "norm" in name]


def test_sizes_of_texture_and_shape(net):
    texture, shape = net.encoder(frames(size=32))
    assert texture.shape == (2, 32, 8, 8) and shape.shape == (2, 32, 16, 16)


def test_the_manipulator_is_equation_4(net):
    before, after, alpha = torch.rand(2, 32, 8, 8), torch.rand(2, 32, 8, 8), torch.tensor([1.0, 4.0])
    manipulator = net.manipulator

    def conv(x, layer):
        pad = layer.weight.shape[-1] // 2
        return functional.conv2d(functional.pad(x, [pad] * 4, mode="reflect"), layer.weight)

    g = torch.relu(conv(after - before, manipulator.g[0]))
    h = conv((alpha.reshape(2, 1, 1, 1) - 1) * g, manipulator.h[0])
    residual = manipulator.h[1][0]
    h = h + conv(torch.relu(conv(h, residual.first)), residual.second)
    assert torch.allclose(manipulator(before, after, alpha.reshape(2, 1, 1, 1)), after + h, atol=1e-5)


def test_alpha_one_and_a_still_pair_leave_the_shape_alone(net):
    before, after = frames(0), frames(1)
    one = torch.ones(2)
    assert torch.allclose(net(before, after, one), net(after, after, one), atol=1e-5)
    assert torch.allclose(net(after, after, 7 * one), net(after, after, one), atol=1e-5)


@pytest.mark.parametrize("suffix", [".safetensors", ".pt"])
def test_weights_return_from_a_file(net, tmp_path, suffix):
    path = tmp_path / f"weights{suffix}"
    if suffix == ".pt":
        torch.save(net.state_dict(), path)
    else:
        save_file(net.state_dict(), path)
    loaded = MagNet.load(path)
    assert not loaded.training
    alpha = torch.tensor([3.0, 3.0])
    assert torch.equal(loaded(frames(0), frames(1), alpha), net(frames(0), frames(1), alpha))


def test_files_that_are_refused(net, tmp_path):
    with pytest.raises(FileNotFoundError, match="there is no file"):
        MagNet.load(tmp_path / "absent.pt")
    (tmp_path / "text.pt").write_text("no weights")
    (tmp_path / "text.safetensors").write_text("no weights")
    for name in ("text.pt", "text.safetensors"):
        with pytest.raises(ValueError, match="no safetensors file or state dict"):
            MagNet.load(tmp_path / name)
    torch.save([1, 2], tmp_path / "list.pt")
    with pytest.raises(ValueError, match=r"expected a state dict .* got list"):
        MagNet.load(tmp_path / "list.pt")
    torch.save({"other": torch.zeros(1)}, tmp_path / "other.pt")
    with pytest.raises(ValueError, match="rename its tensors"):
        MagNet.load(tmp_path / "other.pt")


class Harmful:
    def __reduce__(self):
        return exec, ("raise SystemExit('code was run')",)


def test_code_in_a_file_is_not_run(tmp_path):
    torch.save({"weights": Harmful()}, tmp_path / "harmful.pt")
    with pytest.raises(ValueError, match="no safetensors file or state dict"):
        MagNet.load(tmp_path / "harmful.pt")


def test_the_transformer_runs_the_network(net, tmp_path, portrait, grey):
    save_file(net.state_dict(), tmp_path / "weights.safetensors")
    magnifier = MotionMagnifier("magnet", weights=tmp_path / "weights.safetensors")
    colour, pale = portrait[:38, :45], grey[:38, :45]
    magnified = magnifier.fit_transform([[colour, colour, colour], [pale, pale, pale]])
    assert magnified[0, 1].shape == colour.shape and magnified[1, 2].shape == pale.shape
    assert magnified[0, 1].dtype == np.uint8


def test_the_loss_falls(trained):
    assert isinstance(trained, MagNetTraining)
    assert np.mean(trained.losses[-20:]) < 0.5 * np.mean(trained.losses[:20])


def test_a_known_shift_grows(trained):
    before, after, target, _ = draw_batch(np.random.default_rng(1), 16, 16, (3.0, 3.001), 1.0)
    with torch.no_grad():
        plain, magnified = (trained.net(before, after, torch.full((16,), alpha)) for alpha in (1.0, 3.0))
    wanted = (target - after).flatten()
    assert float((magnified - plain).flatten() @ wanted / (wanted @ wanted)) > 0.1


def test_training_is_repeatable_and_leaves_the_global_generator_alone():
    state = torch.random.get_rng_state()
    first, second = (train_magnet(3, batch_size=1, size=16, random_state=5).losses for _ in range(2))
    assert first == second
    assert torch.equal(torch.random.get_rng_state(), state)


def test_targets_move_alpha_times_as_far():
    before, after, target, alpha = draw_batch(np.random.default_rng(0), 8, 32, (2.0, 2.001), 0.5)
    assert before.shape == after.shape == target.shape == (8, 3, 32, 32) and alpha.shape == (8,)
    small, large = (after - before).abs().mean(), (target - before).abs().mean()
    assert 1.6 < float(large / small) < 2.2


def test_landmarks_need_no_torch():
    code = "import sys, skmer.landmarks, skmer.magnification; print('torch' in sys.modules)"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "False"


@pytest.mark.parametrize("shape", [(16, 16), (15, 18), (7, 5)], ids=str)
def test_stride_two_pads_as_tensorflows_same_does(net, shape):
    """TensorFlow's definition, by hand: out = ceil(in / 2), the odd one of the padding below and right."""
    layer = net.encoder.stem[2]
    image = torch.rand(1, 16, *shape, generator=torch.Generator().manual_seed(0))
    weight, pixels = layer.weight.detach().numpy(), image[0].numpy()
    out = [-(-side // 2) for side in shape]
    before = [max((n - 1) * 2 + 3 - side, 0) // 2 for n, side in zip(out, shape, strict=True)]
    padded = np.zeros((16, shape[0] + 4, shape[1] + 4), np.float32)
    padded[:, before[0] : before[0] + shape[0], before[1] : before[1] + shape[1]] = pixels
    expected = np.empty((32, *out), np.float32)
    for row, column in np.ndindex(*out):
        patch = padded[:, 2 * row : 2 * row + 3, 2 * column : 2 * column + 3]
        expected[:, row, column] = (weight * patch).sum(axis=(1, 2, 3))
    assert np.allclose(layer(image)[0].detach(), expected, atol=1e-5)
    if shape == (16, 16):
        assert before == [0, 0]
