import torch

from sklearn_ecg.training._loss import BeatLoss


def test_the_loss_follows_labels_and_teacher_by_class_weight():
    logits = torch.tensor([[1.0, -1.0], [0.5, 0.0]])
    teacher = torch.tensor([[2.0, -2.0], [-1.0, 1.0]])
    classes = torch.tensor([0, 1])
    weight = torch.tensor([1.0, 3.0])
    p, q = torch.softmax(teacher / 2, 1), torch.softmax(logits / 2, 1)
    hard = -torch.log_softmax(logits, 1)[[0, 1], classes]
    soft = 4 * (p * (p / q).log()).sum(1)
    each = 0.25 * hard + 0.75 * soft
    target = {"classes": classes, "teacher": teacher}
    loss = BeatLoss(weight, distillation=0.75)(logits, target)
    torch.testing.assert_close(loss, (each * weight).sum() / 4)
    plain = BeatLoss(None, distillation=0.75)(logits, target)
    torch.testing.assert_close(plain, each.mean())


def test_a_weight_counts_as_many_beats_also_with_a_teacher():
    generator = torch.Generator().manual_seed(0)
    logits, teacher = torch.randn(2, 4, 3, generator=generator, dtype=torch.float64)
    target = {"classes": torch.tensor([0, 1, 2, 1]), "teacher": teacher}
    weights = torch.tensor([1, 2, 3, 1])
    repeated = {
        name: values.repeat_interleave(weights, dim=0)
        for name, values in target.items()
    }
    for class_weight in (None, torch.tensor([1.0, 2.0, 0.5])):
        loss = BeatLoss(class_weight, distillation=0.5)
        expected = loss(logits.repeat_interleave(weights, dim=0), repeated)
        result = loss(logits, target | {"weights": weights.float()})
        torch.testing.assert_close(result, expected)
