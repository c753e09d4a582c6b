"""What would give a silently wrong number, and plain mistakes: one line each, naming what is at fault."""

from __future__ import annotations

import warnings

import pytest
import torch
from torch import nn
from torch.nn.functional import cross_entropy, mse_loss

from derive.errors import InputError
from numerics.sharpness import BatchCoupledWarning, Hessian, UnresolvedError, minibatch_sharpness, sharpness
from numerics.sharpness.krylov import Space
from tests.numerics.sharpness.models import classifier, itself, one_row, quadratic

pytestmark = pytest.mark.exact  # of refusals


def refused(match: str, *arguments, **options) -> None:
    """In one line."""
    with pytest.raises(InputError, match=match) as caught:
        sharpness(*arguments, **options)
    assert "\n" not in str(caught.value)


class Through(nn.Module):
    """A linear layer, then any function."""

    def __init__(self, function) -> None:
        super().__init__()
        self.line, self.function = nn.Linear(6, 3, dtype=torch.float64), function

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.function(self.line(x))


ROWS = torch.randn(4, 6, dtype=torch.float64, generator=torch.Generator().manual_seed(0)), None


def square(output: torch.Tensor, _: object) -> torch.Tensor:
    return output.square().mean()


def test_dropout_is_named() -> None:
    model, data = classifier()
    refused(r"'1' \(Dropout, p = 0.5\).*model.eval\(\)", nn.Sequential(model, nn.Dropout()), cross_entropy, data)
    sharpness(nn.Sequential(model, nn.Dropout()).eval(), cross_entropy, data)


def test_other_randomness_is_found_and_named() -> None:
    class Noisy(nn.Module):
        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return x + 1e-3 * torch.randn_like(x)

    model, data = classifier()
    refused(r"'0.2' \(Noisy\)", nn.Sequential(nn.Sequential(model, nn.Tanh(), Noisy()), nn.Tanh()).eval(), cross_entropy, data)
    refused("the loss function", model, lambda output, target: cross_entropy(output * torch.rand(1), target), data)


def test_randomness_that_comes_later_is_found_with_a_warm_start_too() -> None:
    model, data = classifier()
    model = nn.Sequential(model, nn.Dropout()).eval()
    last = sharpness(model, cross_entropy, data)
    refused("Dropout", model.train(), cross_entropy, data, warm=last)


@pytest.mark.parametrize("parameters", [None, []])
def test_no_parameters(parameters) -> None:
    model, data = classifier()
    refused("require a gradient", model.requires_grad_(parameters is not None), cross_entropy, data, parameters=parameters)


def test_parameters_of_another_model_frozen_or_twice() -> None:
    model, data = classifier()
    refused("parameters of this model", model, cross_entropy, data, parameters=[nn.Parameter(torch.ones(2).double())])
    refused("one twice", model, cross_entropy, data, parameters=[model[0].bias, model[0].bias])
    model[0].bias.requires_grad_(False)
    refused("require a gradient", model, cross_entropy, data, parameters=[model[0].bias])
    hessian = Hessian(model, cross_entropy, data)
    with pytest.raises(InputError, match="parameters of this Hessian"):
        hessian.block([model[0].bias])


@pytest.mark.parametrize("kind", ["float16", "bfloat16"])
def test_half_precision(kind) -> None:
    model, data = classifier()
    refused(f"float32 or all float64.*{kind}", model.to(getattr(torch, kind)), cross_entropy, data)


def test_mixed_precision() -> None:
    model, data = classifier()
    model[0].float()
    refused("float32 on cpu, float64 on cpu", model, cross_entropy, data)


def test_nan_loss() -> None:
    model, (inputs, targets) = classifier()
    for row in (0, 29):  # among the rows looked at first, and not
        broken = inputs.repeat(2, 1)
        broken[row + 30] = torch.nan
        for warm in (None, torch.ones(1, 51, dtype=torch.float64)):
            refused("expected a finite loss, got nan", model, cross_entropy, (broken, targets.repeat(2)), warm=warm)


def test_second_derivative_that_is_not_finite() -> None:
    model = Through(lambda h: (0 * h).abs().sqrt().sum())
    refused("root or a norm at 0", model, itself, ROWS)


@pytest.mark.parametrize("method", ["graph", "reverse-over-reverse", "auto"])
def test_operation_without_a_second_derivative_is_named(method) -> None:
    refused("no second derivative of cdist", Through(lambda h: torch.cdist(h, h[:2] + 1)), square, ROWS, method=method)
    targets, lengths = torch.ones(4, 1, dtype=torch.long), torch.ones(4, dtype=torch.long)
    ctc = lambda h: nn.functional.ctc_loss(h.log_softmax(-1)[:, None].expand(4, 4, 3), targets, 4 * lengths, lengths)  # noqa: E731
    refused("no second derivative of ctc_loss", Through(ctc), itself, ROWS, method=method)
    bag = nn.Sequential(nn.EmbeddingBag(5, 3), nn.Linear(3, 1))
    refused("no second derivative of embedding_bag", bag, square, (torch.randint(0, 5, (4, 3)), None), method=method)


def test_method_without_forward_derivatives_is_named() -> None:
    class Recurrent(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.rnn = nn.LSTM(6, 3)

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return self.rnn(x)[0]

    rows = ROWS[0].float(), None
    refused("'forward-over-reverse' needs.*mkldnn_rnn_layer", Recurrent(), square, rows, method="forward-over-reverse")
    assert sharpness(Recurrent(), square, rows, method="measured").method == "graph"


class Once(torch.autograd.Function):
    """x^2, whose backward may be differentiated no further."""

    @staticmethod
    def forward(ctx, x):
        ctx.save_for_backward(x)
        return x * x

    @staticmethod
    @torch.autograd.function.once_differentiable
    def backward(ctx, slope):
        return 2 * ctx.saved_tensors[0] * slope


class Hidden(Once):
    """Whose backward hides x from autograd: a symmetric Hessian, and a wrong one."""

    @staticmethod
    def forward(ctx, x):
        ctx.x = x.detach()
        return x * x

    @staticmethod
    def backward(ctx, slope):
        return 2 * ctx.x * slope


class Proper(Once):
    """As it should be."""

    @staticmethod
    def backward(ctx, slope):
        return 2 * ctx.saved_tensors[0] * slope


@pytest.mark.parametrize("function", [Once, Hidden])
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_custom_function_with_a_wrong_second_derivative_is_named(function, dtype) -> None:
    refused(f"with {function.__name__} the second", Through(function.apply).to(dtype), square, (ROWS[0].to(dtype), None))


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_custom_function_done_well(dtype) -> None:
    data = ROWS[0].to(dtype), None
    model = Through(Proper.apply).to(dtype)
    found, builtin = sharpness(model, square, data), Through(torch.square).to(dtype)
    builtin.load_state_dict(model.state_dict())
    assert float(found) == pytest.approx(float(sharpness(builtin, square, data)), rel=1e-3)


def test_loss_cut_off_from_the_parameters() -> None:
    refused("cut off", Through(lambda h: h.detach()), square, ROWS)


@pytest.mark.filterwarnings("ignore:The .grad attribute")  # torch of itself
def test_compiled_parts() -> None:
    refused("torch.compile", Through(torch.compile(torch.sin, backend="aot_eager")), square, ROWS)


def test_compiled_and_parallel_wrappers_are_taken_off() -> None:
    model, data = classifier()
    plain = float(sharpness(model, cross_entropy, data))
    assert float(sharpness(torch.compile(model, backend="aot_eager"), cross_entropy, data)) == plain
    assert float(sharpness(nn.DataParallel(model), cross_entropy, data)) == plain


def normalised() -> tuple[nn.Module, tuple[torch.Tensor, torch.Tensor]]:
    model, data = classifier()
    return nn.Sequential(model[0], nn.BatchNorm1d(6, dtype=torch.float64), model[1], model[2]), data


def test_batch_norm_in_training_mode_is_told() -> None:
    model, (inputs, targets) = normalised()
    with pytest.warns(BatchCoupledWarning, match="'1' is in training mode") as caught:
        sharpness(model, cross_entropy, (inputs, targets))
    assert caught[0].filename == __file__
    with pytest.warns(BatchCoupledWarning, match="each of the 2 batches by itself"):
        sharpness(model, cross_entropy, [(inputs[:20], targets[:20]), (inputs[20:], targets[20:])])
    refused("no chunks with batch norm '1'", model, cross_entropy, (inputs, targets), chunk=7)
    with warnings.catch_warnings(record=True) as quiet:
        sharpness(model.eval(), cross_entropy, (inputs, targets), chunk=7)
        minibatch_sharpness(model.train(), cross_entropy, (inputs, targets), 8, tolerance=0.5)
    assert not quiet


def test_loss_that_batches_do_not_add_up_to() -> None:
    model, data = classifier()
    refused("reduction='sum'", model, nn.CrossEntropyLoss(reduction="sum"), data, chunk=8)
    refused("reduction='mean'", model, cross_entropy, data, chunk=8, reduction="sum")
    spread = lambda output, _: output.var(0).sum()  # noqa: E731
    refused("one batch without chunks", model, spread, data, chunk=8)
    refused("one batch without chunks", model, lambda output, target: cross_entropy(output, target).sqrt(), data, chunk=8)
    sharpness(model, spread, data)


def test_loss_that_is_no_number() -> None:
    model, data = classifier()
    refused(r"shape \(30,\)", model, nn.CrossEntropyLoss(reduction="none"), data)
    refused("got float", model, lambda output, target: output.mean().item(), data)


def test_data_that_does_not_fit() -> None:
    model, (inputs, targets) = classifier()
    refused("at least one row", model, cross_entropy, (inputs[:0], targets[:0]))
    refused("at least one row", model, cross_entropy, [])
    refused("torch.float64.*torch.float32", model, cross_entropy, (inputs.float(), targets))
    refused("on cpu.*meta", model, cross_entropy, (inputs.to("meta"), targets))
    refused("take, got", model, cross_entropy, (inputs[:, :3], targets))
    refused("take, got", model, cross_entropy, (inputs, targets[:5]))
    refused(r"shapes \(30, 4\), \(5,\)", model, cross_entropy, (inputs, targets[:5]), chunk=4)
    refused("tuple .inputs, targets.", model, cross_entropy, inputs)
    refused("each batch as", model, cross_entropy, [inputs])
    refused("first axis", model, cross_entropy, (torch.tensor(1.0), targets))
    refused("torch.nn.Module, got function", refused, cross_entropy, (inputs, targets))


@pytest.mark.parametrize(
    ("options", "match"),
    [
        ({"k": 0}, "eigenvalues"),
        ({"k": 26, "which": "both"}, "1 to 51 eigenvalues"),
        ({"which": "largst"}, "did you mean 'largest'"),
        ({"method": "grph"}, "did you mean 'graph'"),
        ({"tolerance": 0.0}, "tolerance > 0"),
        ({"tolerance": float("nan")}, "tolerance > 0"),
        ({"limit": 0}, "at least 1 product"),
        ({"chunk": 0}, "chunk >= 1"),
        ({"chunk": 2.5}, "chunk >= 1"),
        ({"reduction": "none"}, "'mean' or 'sum'"),
        ({"warm": torch.ones(1, 3)}, r"vectors \(p, 51\)"),
        ({"preconditioner": torch.ones(3)}, "51 numbers on cpu.*got 3"),
        ({"preconditioner": torch.zeros(51)}, "above 0"),
        ({"preconditioner": torch.full((51,), torch.inf)}, "finite"),
    ],
)
def test_options(options, match) -> None:
    model, data = classifier()
    refused(match, model, cross_entropy, data, **options)


@pytest.mark.parametrize(
    ("vector", "match"),
    [
        (torch.ones(50).double(), "51 numbers.*50"),
        (torch.ones(51), "torch.float64 on cpu.*torch.float32"),
        (torch.ones(51, 2, 2).double(), "columns"),
        (torch.ones(51, 0).double(), "columns"),
        ([1.0] * 51, "got list"),
        (torch.full((51,), torch.nan).double(), "finite vector"),
        (torch.ones(51, dtype=torch.float64, device="meta"), "meta"),
    ],
)
def test_vectors(vector, match) -> None:
    model, data = classifier()
    with pytest.raises(InputError, match=match):
        Hessian(model, cross_entropy, data) @ vector


def test_asymmetry_shows() -> None:
    matrix = quadratic([3.0, 2.0, 1.0, -1.0]).matrix + torch.triu(torch.ones(4, 4), 1)
    space = Space(torch.ones(1, 4, dtype=torch.float64), 0, 64)
    with pytest.raises(UnresolvedError, match="symmetric Hessian"):
        for _ in range(3):
            space.grow(lambda v: v @ matrix.T)


def test_a_loss_of_targets_alone_in_shape_is_not_broadcast_silently() -> None:
    """torch warns of it; here warnings are errors, and pass through."""
    line = nn.Linear(2, 1, dtype=torch.float64)
    with pytest.raises(UserWarning, match="target size"):
        sharpness(line, mse_loss, (torch.ones(4, 2).double(), torch.ones(4).double()))


def test_errors_of_the_machine_pass(monkeypatch) -> None:
    def exhausted(*_: object) -> None:
        raise torch.OutOfMemoryError("no memory")

    with pytest.raises(torch.OutOfMemoryError):
        sharpness(Through(exhausted), square, ROWS)


def test_one_row_of_anything_is_data() -> None:
    assert float(sharpness(quadratic([2.0, 1.0]), itself, one_row())) == pytest.approx(2)
