/** ECharts with only the parts that the screens draw, in a chunk of its own. */

import { LineChart } from 'echarts/charts'
import { GridComponent, LegendComponent } from 'echarts/components'
import { init, use, type EChartsType } from 'echarts/core'
import { SVGRenderer } from 'echarts/renderers'

use([LineChart, GridComponent, LegendComponent, SVGRenderer])

export function drawing(holder: HTMLElement): EChartsType {
  return init(holder, null, { renderer: 'svg' })
}
