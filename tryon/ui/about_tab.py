"""The About tab: how it works, what happens to photos, what it cannot do, and the licence."""

from __future__ import annotations

import gradio as gr

from .texts import Words

ENGLISH = """
## How it works
Two photos go in: a person and a garment. Nothing else is asked for.

1. **The body is read.** One network finds the parts of the body and its pose.
2. **The garment is read.** Another finds its outline, its kind, and its collar, sleeve ends, waist and hem.
3. **The garment is fitted.** It is bent until those points lie where the body wants them.
4. **The picture is painted.** A conditional generative network adds shading, folds, edges and newly bared skin.
   *Another version* gives it a different random draw; *Back to plain* asks for the best guess.
5. **It goes back into your photo.** Outside the edited area every pixel is your own, at your photo's full size.

*How it was made*, below the result, shows each of these steps.

## Your photos
They are worked on by the computer that runs this app and are sent nowhere else. They lie in the app's temporary
cache, which is cleared within hours, and are never used for training. Location and camera data are never passed on
to a result. Only use photos of people who agree to it.

## What it cannot do
It shows how a garment might look, not whether it fits: it does not know sizes or fabric. It works best with one
person, facing the camera, head to hips in view. Hands in front of the body, bags, long hair over the shoulders,
back views, and skirts and trousers on people who sit, are difficult; the notes below each photo say what can be told beforehand.

## Licence
Code and weights: Apache-2.0. The example people and garments are drawn by a program; they are nobody.
"""

CHINESE = """
## 工作原理
只需两张照片：一张人物，一张服装。

1. **读懂人体。** 一个网络找出身体各部位与姿态。
2. **读懂服装。** 另一个网络找出服装的轮廓、类型，以及领口、袖口、腰线和下摆。
3. **贴合身体。** 将服装变形，使这些位置落在身体相应的位置上。
4. **生成图像。** 条件生成网络补上明暗、褶皱、边缘和新露出的皮肤。\
“换个版本”会重新随机抽取，“恢复默认”回到最佳猜测。
5. **放回原图。** 编辑区域之外的每个像素都与您的原图一致，尺寸不变。

结果下方的“生成过程”展示以上每一步。

## 您的照片
照片只在运行本应用的计算机上处理，不会发送到别处；仅存放在应用的临时缓存中，数小时内清除，绝不用于训练。\
位置与相机信息不会带入结果。请只使用当事人同意的照片。

## 局限
它展示服装穿上后的大致样子，并不判断是否合身：它不知道尺码和面料。最适合单人、正面、头部到髋部都在画面内的照片。\
手挡在身前、背包、披肩长发、背面以及坐姿时的裙装和裤装都比较困难，能事先看出的问题会显示在每张照片下方。

## 许可
代码与权重采用 Apache-2.0 许可。示例人物与服装均由程序绘制，并非真人。
"""


def about_tab(words: Words) -> None:
    """Fill the tab."""
    words.make(gr.Markdown, {"value": lambda language: CHINESE if language == "zh" else ENGLISH}, elem_id="about")
